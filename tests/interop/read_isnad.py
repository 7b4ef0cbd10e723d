"""Reads Isnad's files with nothing but Python's standard library: written from docs/format.md, not from the code.

    python3 read_isnad.py replica ACTS ENTRIES     checks two exports, prints ids, standings, texts and digests as JSON
    python3 read_isnad.py vectors DIR              comes to a verdict on every golden vector, and holds it against theirs
"""

import hashlib
import json
import pathlib
import re
import struct
import sys

# --- Ed25519, strictly (§1.3). Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z. RFC 8032 §5.1.4. ---

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    total = IDENTITY
    for bit in bin(scalar)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def encode_point(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode_point(data):
    """The point of 32 bytes, None if there is none. A y of p or above is taken modulo p."""
    number = int.from_bytes(data, "little")
    y, sign = (number & (1 << 255) - 1) % P, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    x = P - x if x and x % 2 != sign else x
    return x, y, 1, x * y % P


def is_identity(point):
    return point[0] % P == 0 and (point[1] - point[2]) % P == 0


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def verifies(key, message, signature):
    a, r, s = decode_point(key), decode_point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or is_identity(times(8, a)) or is_identity(times(8, r)):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    minus_a = (P - a[0], a[1], 1, P - a[3])
    return encode_point(add(times(s, BASE), times(k, minus_a))) == signature[:32]


def is_admissible(key):
    point = decode_point(key)
    return (
        point is not None
        and encode_point(point) == key
        and not is_identity(times(8, point))
        and is_identity(times(L, point))
    )


# --- Hashes, hexadecimal, canonical JSON (§0, §3.1) ---


class Refused(Exception):
    """The bytes break a rule."""


def check(condition, rule):
    if not condition:
        raise Refused(rule)


def tag(name):
    return name.encode().ljust(16, b"\0")


def sha(*parts):
    return hashlib.sha256(b"".join(tag(part) if isinstance(part, str) else part for part in parts)).digest()


def u64(number):
    return struct.pack(">Q", number)


def unhex(text, size):
    check(isinstance(text, str) and re.fullmatch("[0-9a-f]{%d}" % (2 * size), text), f"{size} bytes of hexadecimal")
    return bytes.fromhex(text)


def encode_json(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def check_value(value, depth=1):
    check(depth <= 8, "nested deeper than 8")
    if isinstance(value, dict):
        for key, item in value.items():
            check(re.fullmatch("[a-z0-9_]+", key), "a key of other letters")
            check_value(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_value(item, depth + 1)
    elif type(value) is int:
        check(abs(value) < 2**53, "an integer above 2^53 - 1")
    else:
        check(isinstance(value, (str, bool)), "no such value")


def decode_json(data):
    """Whatever is not spelt the one way differs from its own spelling."""
    try:
        value = json.loads(data.decode("utf-8"))
        check_value(value)
        check(encode_json(value) == data, "another spelling than the one")
    except (ValueError, RecursionError) as error:
        raise Refused(f"not JSON: {error}") from error
    return value


def members(value, required, optional=()):
    check(isinstance(value, dict) and set(required) <= set(value) <= {*required, *optional}, "other members")
    return value


def is_code(text):
    return isinstance(text, str) and re.fullmatch("[a-z0-9_]+", text) is not None


def ascends(items):
    return all(one < following for one, following in zip(items, items[1:]))


# --- The entry (§1) ---

HEADER = struct.Struct(">16sBBHIQ32s32s32s16sQQ32s32s")
KINDS = {1: "change", 2: "attestation", 3: "redaction"}


class Entry:
    def __init__(self, data):
        check(len(data) >= 304, "fewer bytes than header, signature and salt")
        self.header, self.signature, self.salt, rest = data[:224], data[224:288], data[288:304], data[304:]
        fields = HEADER.unpack(self.header)
        magic, suite, self.kind, flags, self.generation, self.seq, self.space, self.organisation = fields[:8]
        self.author, self.record, self.time, self.length, self.prev, self.payload_hash = fields[8:]
        check(magic == tag("ISNAD-ENTRY-v1") and suite == 1 and flags == 0, "magic, suite or flags")
        self.id = sha("ISNAD-ENTRYID-v1", self.header)
        self.fits = 1 <= self.length <= 65_536
        self.payload = None if self.salt == bytes(16) and not rest else rest
        if self.payload is not None:
            check(self.fits and len(rest) == self.length, "the payload has another length")
            check(sha("ISNAD-PAYLOADv1", self.salt, rest) == self.payload_hash, "the payload is another")

    def is_signed(self):
        return verifies(self.author, self.header, self.signature)

    def flaw(self):
        """How it is read by itself (§8.1): None, or the name of a standing."""
        if self.payload is None and self.fits:
            return "wanted"
        if self.kind not in KINDS:
            return "unknown_kind"
        try:
            self.content = self.read()
        except Refused:
            return "inert"
        return None

    def read(self):
        has_sheet = self.kind != 2
        check(self.payload is not None and self.salt != bytes(16), "no payload, or a zero salt")
        check(self.generation <= (65_535 if has_sheet else 0), "the generation")
        check((self.record != bytes(16)) == has_sheet, "the record")
        if self.kind == 1:
            return read_change(self.payload)
        if self.kind == 2:
            return read_attestation(self.payload, self.author)
        value = members(decode_json(self.payload), ["ground"], ["text"])
        check(is_code(value["ground"]) and isinstance(value.get("text", ""), str), "ground and text")
        return value


def check_next(entry, space, author, organisation, seq, id):
    check(entry.space == space and entry.author == author, "of another log")
    check(entry.seq == seq + 1 and entry.prev == id, "not the next of its log")
    check(entry.organisation == organisation, "of another organisation than its log")
    check(entry.is_signed(), "the signature")


# --- Names (§2) and the payload of a change (§3) ---

RECORDS = "incident subject finding attribution designation evidence source case organisation request notice".split()


def record_text(record):
    kind = RECORDS[record[0] - 1] if 1 <= record[0] <= len(RECORDS) else f"kind-{record[0]}"
    return f"{kind}/{record[1:].hex()}"


def claim_id(claim):
    return sha("ISNAD-CLAIM-v1", encode_json(claim))


def narrative_key(author, space, seq):
    return sha("ISNAD-TEXT-v1", author, space, u64(seq))[:16]


def read_change(payload):
    value = members(decode_json(payload), ["ops"], ["after"])
    operations, after = value["ops"], value.get("after")
    check(isinstance(operations, list) and 1 <= len(operations) <= 256, "1 to 256 operations")
    check(all(isinstance(operation, dict) for operation in operations), "operations are objects")
    if after is None:
        for operation in operations:
            if "claim" in operation:
                check(isinstance(members(operation, ["claim"])["claim"], dict), "a claim is an object")
            else:
                members(operation, ["reason", "retract"], ["note"])
                unhex(operation["retract"], 32)
                check(is_code(operation["reason"]) and isinstance(operation.get("note", ""), str), "reason and note")
        return value
    check(isinstance(after, list) and len(after) <= 16, "at most 16 in after")
    check(all(unhex(id, 32) for id in after) and ascends(after), "after ascends")
    for operation in operations:
        members(operation, ["at", "delete", "edit", "insert"])
        unhex(operation["edit"], 16)
        numbers = (operation["at"], operation["delete"])
        check(all(type(number) is int and number >= 0 for number in numbers), "positions from 0")
        check(isinstance(operation["insert"], str) and (operation["delete"] or operation["insert"]), "an idle splice")
        check(operation["edit"] == operations[0]["edit"], "one narrative a payload")
    return value


# --- The attestation (§5), the cut and the proof of a fork (§6) ---


def read_attestation(payload, author):
    value = members(decode_json(payload), [], ["acts", "logs", "nodes", "records"])
    for name in ("acts", "logs", "nodes"):
        for line in check_list(value.get(name, [])):
            check(isinstance(line, list) and len(line) == (2 if name == "nodes" else 3), "members of a line")
            unhex(line[0], 32)
            if name == "nodes":
                check(isinstance(line[1], str) and re.fullmatch("[!-~]{1,320}", line[1]), "an address")
            else:
                check(type(line[1]) is int and line[1] > 0 and unhex(line[2], 32), "a number from 1, an id")
    if "records" in value:
        unhex(value["records"], 32)
    check(sum(len(value.get(name, [])) for name in ("acts", "logs", "nodes")) <= 400, "400 lines")
    check(all(line[0] != author.hex() for line in value.get("logs", [])), "its own log")
    return value


def record_root(records):
    """The root over records, given as (id, ids of entries about it)."""
    leaves = sorted((record, sha(b"\0", record, *sorted(entries))) for record, entries in records)

    def node(leaves):
        if len(leaves) <= 1:
            return leaves[0][1] if leaves else bytes(32)
        bits = [int.from_bytes(record, "big") for record, _ in leaves]
        bit = 128 - max(one ^ bits[0] for one in bits).bit_length()
        is_one = lambda leaf: int.from_bytes(leaf[0], "big") >> (127 - bit) & 1
        return sha(b"\1", bytes([bit]), *(node([leaf for leaf in leaves if is_one(leaf) == side]) for side in (0, 1)))

    return node(leaves)


def make_cut(space, author, seq, id):
    last = sha("ISNAD-CUT-v1", space, author, u64(seq), id)
    mask = sha("ISNAD-CUTSEQ-v1", space, author, last)
    blinded = bytes(one ^ other for one, other in zip(u64(seq), mask))
    return {"last": last.hex(), "log": sha("ISNAD-CUTLOG-v1", space, author).hex(), "seq": blinded.hex()}


def read_fork(data, expected):
    check(len(data) == 592 and data[:16] == tag("ISNAD-FORK-v1"), "592 bytes behind a tag")
    one, other = (Entry(data[at : at + 288] + bytes(16)) for at in (16, 304))
    place = lambda entry: (entry.space, entry.author, entry.seq)
    check(place(one) == place(other), "of one author, space and position")
    check(one.id < other.id, "the lower id first")
    check(one.is_signed() and other.is_signed(), "the signatures")
    found = {"space": one.space.hex(), "author": one.author.hex(), "seq": one.seq}
    assert found == expected["forks"], found


# --- The act (§4) ---

ACT = struct.Struct(">16sBBHIQ32s32s32s")
LANGUAGE = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def check_list(items, key=lambda item: item, least=0):
    check(isinstance(items, list) and len(items) >= least, "a list")
    check(ascends([key(item) for item in items]), "lists ascend")
    return items


def ids(items, size=32, least=0):
    check(isinstance(items, list) and all(unhex(item, size) for item in items), "ids")
    return check_list(items, least=least)


def is_text(value):
    return isinstance(value, str) and len(value.encode()) <= 1_024


def texts(value, *names):
    check(all(is_text(value[name]) for name in names), "texts of at most 1,024 bytes")


def settings(codes):
    check(isinstance(codes, dict) and len(codes) <= 64, "at most 64 codes")
    check(all(is_text(code) and (type(item) is int or is_text(item)) for code, item in codes.items()), "codes")


def cuts(items):
    for cut in check_list(items, lambda cut: members(cut, ["last", "log", "seq"])["log"]):
        unhex(cut["last"], 32), unhex(cut["log"], 32), unhex(cut["seq"], 8)


def governing(body):
    """What charters and spaces have in common."""
    ids(body.get("instead", []))
    ids(body["members"], least=1)
    texts(body, "name")
    for removed in check_list(body.get("removed", []), lambda item: item["organisation"]):
        members(removed, ["act", "cuts", "organisation"], ["suspended"])
        unhex(removed["act"], 32), unhex(removed["organisation"], 32), cuts(removed["cuts"])
        check(removed.get("suspended", True) is True, "suspended is true or left out")
    if "settles" in body:
        members(body["settles"], ["double", "rivals"])
        ids(body["settles"]["double"]), ids(body["settles"]["rivals"])


class Act:
    def __init__(self, data):
        check(len(data) >= 128, "fewer bytes than a frame")
        magic, suite, self.kind, flags, length, self.version, consortium, scope, previous = ACT.unpack(data[:128])
        check(magic == tag("ISNAD-ACT-v1") and suite == 1 and flags == 0, "magic, suite or flags")
        check(self.kind in (1, 2, 3) and 2 <= length <= 1_048_576 and self.version >= 1, "kind, length or version")
        self.is_first, self.consortium, self.previous = self.version == 1, consortium, previous
        zero = bytes(32)
        check((scope == zero) == (previous == zero) == self.is_first, "scope and previous")
        check((consortium == zero) == (self.is_first and self.kind != 3), "the consortium")
        check(self.kind != 1 or scope == consortium, "a charter's scope is its consortium")
        self.frame, rest = data[: 128 + length], data[128 + length :]
        check(len(self.frame) == 128 + length and len(rest) >= 2, "cut off")
        count = struct.unpack(">H", rest[:2])[0]
        check(count <= 1_024 and len(rest) == 2 + 128 * count, "the number of signatures")
        signatures = [rest[at : at + 128] for at in range(2, len(rest), 128)]
        self.signatures = [(one[:32], one[32:64], one[64:]) for one in signatures]
        check(ascends([one[:2] for one in self.signatures]), "signatures ascend")
        self.id = sha(self.frame)
        self.scope = self.id if self.is_first else scope
        self.body = decode_json(self.frame[128:])
        try:
            [self.charter, self.organisation, self.space][self.kind - 1](self.body)
        except (KeyError, TypeError, AttributeError) as error:
            raise Refused(f"a member of another form: {error}") from error

    def holding(self):
        return [one for one in self.signatures if verifies(one[1], self.frame, one[2])]

    def charter(self, body):
        members(body, ["members", "name", "threshold"], "instead limits policies predecessors removed settles".split())
        governing(body)
        settings(body.get("limits", {})), settings(body.get("policies", {}))
        for pair in check_list(body.get("predecessors", [])):
            check(isinstance(pair, list) and len(pair) == 2 and all(unhex(id, 32) for id in pair), "pairs")
        count, threshold = len(body["members"]), body["threshold"]
        check(type(threshold) is int and count < 2 * threshold and threshold <= count, "more than half, at most all")

    def space(self, body):
        members(body, ["members", "name", "tlp"] + ["nonce"] * self.is_first, ["instead", "removed", "settles"])
        governing(body), texts(body, "tlp")
        if self.is_first:
            unhex(body["nonce"], 32)

    def organisation(self, body):
        first = ["roots"] if self.is_first else []
        members(body, first, ["grants", "names", "revocations", "roots"] + ["admin", "kind"] * self.is_first)
        check(body.get("admin", True) is True, "admin is true or left out")
        check(body.get("kind", "ngo") in ("state", "ngo", "international"), "the kind")
        names = check_list(body.get("names", []), lambda name: members(name, ["lang", "text"])["lang"])
        check(len(names) <= 32, "at most 32 names")
        for name in names:
            texts(name, "lang", "text")
            check(len(name["lang"]) <= 35 and LANGUAGE.fullmatch(name["lang"]), "a language tag")
        for item in check_list(body.get("revocations", []), lambda item: item["key"]):
            members(item, ["cuts", "key", "reason"])
            unhex(item["key"], 32), cuts(item["cuts"]), texts(item, "reason")
        roots = body.get("roots")
        if roots is not None:
            members(roots, ["keys", "next", "next_threshold", "threshold"])
            ids(roots["keys"], least=1), ids(roots["next"], least=1)
            for threshold, keys in (("threshold", "keys"), ("next_threshold", "next")):
                check(type(roots[threshold]) is int and 1 <= roots[threshold] <= len(roots[keys]), "a threshold")
            check(all(is_admissible(bytes.fromhex(key)) for key in roots["keys"]), "a weak root")
        self.grants(body.get("grants", []), roots["keys"] if roots else [])

    def grants(self, grants, roots):
        subject = sha(*[bytes.fromhex(root) for root in roots]) if self.is_first else self.scope
        for grant in check_list(grants, lambda grant: grant["key"]):
            members(grant, ["key", "label", "proof", "role"], ["expires"])
            key, role = unhex(grant["key"], 32), grant["role"]
            texts(grant, "label")
            check(is_day(grant.get("expires", "2018-05-18")), "a day")
            check(type(role) is int and 1 <= role <= 5, "a role")
            check(is_admissible(key) and grant["key"] not in roots, "a weak key, or a root")
            message = tag("ISNAD-GRANT-v1") + subject + bytes([role])
            check(verifies(key, message, unhex(grant["proof"], 64)), "the proof of a grant")


def is_day(text):
    import datetime

    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except (TypeError, ValueError):
        return False


# --- A founded consortium (§4.5, §4.6): who may sign what ---

READER, CONTRIBUTOR, PUBLISHER, ADMIN, NODE = 1, 2, 3, 4, 5


class Consortium:
    def __init__(self, acts):
        charters = [act for act in acts if act.kind == 1 and act.is_first]
        check(len({act.id for act in charters}) == 1, "one founding charter")
        self.acts = {act.id: act for act in acts}
        self.charter = charters[0]
        self.id = self.charter.id
        self.members = [bytes.fromhex(id) for id in self.charter.body["members"]]
        self.roles = {}
        used = set()
        signed = [one for act in charters for one in act.holding()]
        for member in self.members:
            act = self.acts.get(member)
            check(act is not None and act.kind == 2 and act.is_first, "a member's first act is missing")
            roots = act.body["roots"]
            keys = {bytes.fromhex(key) for key in roots["keys"]}
            own = {key for organisation, key, _ in act.holding() if organisation == bytes(32)} & keys
            for_charter = {key for organisation, key, _ in signed if organisation == member} - used
            check(len(own) >= roots["threshold"], "a first act is not signed by its roots")
            check(len(for_charter & keys) >= roots["threshold"], "a member has not signed the charter")
            used |= for_charter
            for grant in act.body.get("grants", []):
                self.roles[member, bytes.fromhex(grant["key"])] = grant["role"]
        self.spaces = {name: sha("ISNAD-SPACE-v1", self.id, name.encode()) for name in ("members", "public")}

    def may_take(self, entry):
        return entry.space in self.spaces.values() and (entry.organisation, entry.author) in self.roles

    def authorises(self, entry):
        role = self.roles.get((entry.organisation, entry.author))
        if entry.kind == 1:
            return role == PUBLISHER or role == CONTRIBUTOR and entry.space == self.spaces["members"]
        if entry.kind in (2, 3):
            return role == {2: NODE, 3: ADMIN}[entry.kind]
        return role is not None and role != READER

    def counting(self, act):
        """Organisation and key of the signatures that count, of acts of a founding."""
        if act.kind == 1:
            roots = {member: self.acts[member].body["roots"]["keys"] for member in self.members}
        else:
            roots = {bytes(32): act.body["roots"]["keys"]}
        return [one[:2] for one in act.holding() if one[1].hex() in roots.get(one[0], [])]

    def founding(self):
        return [self.charter, *(self.acts[member] for member in self.members)]


# --- Narratives (§3.3) ---


class Narrative:
    """The edits of one narrative of one sheet: which count, and what each does to the elements of the text."""

    def __init__(self, key, edits, known):
        self.key, self.edits, self.known = key, {edit.id: edit for edit in edits}, known
        self.outcomes, self.operations, self.counters = {}, {}, {}
        for id in sorted(self.edits):
            self.judge(id)

    def after(self, id):
        return [bytes.fromhex(one) for one in self.edits[id].content["after"]]

    def behind(self, heads):
        found, rest = set(), list(heads)
        while rest:
            id = rest.pop()
            if id in self.edits and id not in found:
                found.add(id)
                rest.extend(self.after(id))
        return found

    def judge(self, id):
        stack = [id]
        while stack:
            due = [one for one in self.after(stack[-1]) if one in self.edits and one not in self.outcomes]
            if due:
                stack.extend(due)
            else:
                id = stack.pop()
                self.outcomes[id] = self.outcome(self.edits[id])

    def outcome(self, entry):
        after = self.after(entry.id)
        if entry.standing is not None:
            return entry.standing
        if (narrative_key(entry.author, entry.space, entry.seq) == self.key) != (not after):
            return "inert"
        held = [self.known(id, entry) for id in after]
        if "elsewhere" in held or "claims" in held or any(one for one in held if isinstance(one, bytes) and one != self.key):
            return "inert"
        behind = self.behind(after)
        if len(behind) > 4_096:
            return "inert"
        states = [self.outcomes.get(id, one) for id, one in zip(after, held)]
        if any(state in (None, "missing", "waiting") for state in states):
            return "waiting"
        if any(state != "counts" for state in states):
            return "void"
        return self.make(entry, behind)

    def make(self, entry, behind):
        """Turns splices into operations on elements, each named (counter, actor), as Automerge does."""
        actor = sha("ISNAD-ACTOR-v1", entry.id)
        counter = max([self.counters[id] for id in behind], default=0)
        counter += not behind  # the first puts the text object itself
        made = [operation for id in behind for operation in self.operations[id]]
        visible = elements(made)
        operations = []
        for splice in entry.content["ops"]:
            at, end = splice["at"], splice["at"] + splice["delete"]
            if end > len(visible):
                return "inert"
            gone, inserted, origin = visible[at:end], [], visible[at - 1][0] if at else None
            for letter in splice["insert"]:
                counter += 1
                operations.append(((counter, actor), origin, letter))
                origin = (counter, actor)
                inserted.append((origin, letter))
            for element, _ in gone:
                counter += 1
                operations.append(((counter, actor), element, None))
            visible[at:end] = inserted
        self.operations[entry.id], self.counters[entry.id] = operations, counter
        return "counts"

    def text(self):
        counting = [id for id, outcome in self.outcomes.items() if outcome == "counts"]
        made = [operation for id in counting for operation in self.operations[id]]
        return "".join(letter for _, letter in elements(made)) if counting else None


def elements(operations):
    """What is visible, in order: behind each element stand those inserted there, the highest name first."""
    children, deleted = {}, set()
    for name, origin, letter in operations:
        if letter is None:
            deleted.add(origin)
        else:
            children.setdefault(origin, []).append((name, letter))
    order, stack = [], sorted(children.get(None, []))
    while stack:
        element = stack.pop()
        order.append(element)
        stack.extend(sorted(children.get(element[0], [])))
    return [element for element in order if element[0] not in deleted]


# --- Standings, sheets, digests (§7, §8) ---

STANDINGS = {
    "counts": 0, "unauthorised": 1, "wanted": 6, "unknown_kind": 7, "inert": 8, "waiting": 9, "void": 10,
}  # fmt: skip


def sheet_of(entry):
    return entry.organisation, entry.record, entry.generation


def fold(consortium, entries):
    """Gives each entry of a space its standing; returns what each sheet holds."""
    by_id, sheets, narratives = {entry.id: entry for entry in entries}, {}, {}
    for entry in entries:
        entry.against = None if consortium.authorises(entry) else "unauthorised"
        entry.read_as = entry.flaw()
        entry.standing = entry.against or entry.read_as
        entry.is_edit = entry.read_as is None and entry.kind == 1 and "after" in entry.content

    def known(id, edit):
        other = by_id.get(id)
        if other is None or other.record != edit.record:
            return None
        if other.kind != 1 or sheet_of(other) != sheet_of(edit):
            return "elsewhere"
        if other.is_edit:
            return bytes.fromhex(other.content["ops"][0]["edit"])
        if other.read_as is None:
            return "claims"
        return "missing" if other.read_as == "wanted" and other.against is None else "without"

    for entry in entries:
        if entry.is_edit:
            key = bytes.fromhex(entry.content["ops"][0]["edit"])
            narratives.setdefault((sheet_of(entry), key), []).append(entry)
        elif entry.standing is None and entry.kind == 1:
            sheet = sheets.setdefault(sheet_of(entry), {"claims": set(), "retracted": set(), "texts": {}})
            for operation in entry.content["ops"]:
                if "claim" in operation:
                    sheet["claims"].add(claim_id(operation["claim"]).hex())
                else:
                    sheet["retracted"].add((operation["retract"], entry.id.hex()))
        entry.standing = entry.standing or (None if entry.is_edit else "counts")
    for (sheet, key), edits in narratives.items():
        narrative = Narrative(key, edits, known)
        for edit in edits:
            edit.standing = narrative.outcomes[edit.id]
        if narrative.text() is not None:
            sheet = sheets.setdefault(sheet, {"claims": set(), "retracted": set(), "texts": {}})
            sheet["texts"][key.hex()] = narrative.text()
    return {
        key: {
            "claims": sorted(sheet["claims"]),
            "retracted": [list(pair) for pair in sorted(sheet["retracted"])],
            "texts": [list(pair) for pair in sorted(sheet["texts"].items())],
        }
        for key, sheet in sorted(sheets.items())
    }


def sync_digest(consortium, name, logs):
    items = []
    for log in logs:
        items.append(b"\1" + log[-1].author + u64(log[-1].seq) + log[-1].id)
        items += [b"\4" + one.author + u64(one.seq) + one.id for one in log if one.payload is None and one.fits]
    for act in consortium.founding() if name == "members" else []:
        signers = b"".join(organisation + key for organisation, key in consortium.counting(act))
        items.append(b"\2" + act.scope + u64(act.version) + sha(act.id, signers))
    return sha("ISNAD-SYNC-v1", consortium.spaces[name], *sorted(items))


def isnad_digest(consortium, name, logs, sheets):
    items = []
    for act in consortium.founding() if name == "members" else []:
        items.append(b"\1" + act.scope + u64(act.version) + act.id)
    for log in logs:
        for entry, following in zip(log, [*log[1:], None]):
            if following is None or following.standing != entry.standing:
                code = bytes([STANDINGS[entry.standing]])
                items.append(b"\2" + entry.author + u64(entry.seq) + entry.id + code)
    for (organisation, record, generation), content in sheets.items():
        items.append(b"\3" + organisation + record + struct.pack(">I", generation) + sha(encode_json(content)))
    return sha("ISNAD-DIGEST-v1", consortium.spaces[name], *sorted(items))


def records_of(path):
    """Splits a file of length[4] ‖ bytes (§4.7, §11)."""
    data, at = pathlib.Path(path).read_bytes(), 0
    while at < len(data):
        check(at + 4 <= len(data), "the file ends inside a length")
        length = struct.unpack(">I", data[at : at + 4])[0]
        check(at + 4 + length <= len(data), "the file ends inside an entry or act")
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


def replica(acts, entries):
    consortium = Consortium([Act(data) for data in records_of(acts)])
    logs = {}
    for data in records_of(entries):
        entry = Entry(data)
        log = logs.setdefault((entry.space, entry.author), [])
        end = (log[-1].seq, log[-1].id) if log else (0, bytes(32))
        check_next(entry, entry.space, entry.author, log[0].organisation if log else entry.organisation, *end)
        check(consortium.may_take(entry), "no act grants its author")
        log.append(entry)
    spaces = []
    for name, space in consortium.spaces.items():
        of_space = [log for (of, _), log in logs.items() if of == space]
        sheets = fold(consortium, [entry for log in of_space for entry in log])
        spaces.append({
            "name": name,
            "id": space.hex(),
            "sync_digest": sync_digest(consortium, name, of_space).hex(),
            "digest": isnad_digest(consortium, name, of_space, sheets).hex(),
            "standings": {entry.id.hex(): entry.standing for log in of_space for entry in log},
            "sheets": [
                {"record": record_text(key[1]), "organisation": key[0].hex(), "generation": key[2], "content": content}
                for key, content in sorted(sheets.items(), key=lambda item: (item[0][1], item[0][0], item[0][2]))
            ],
        })
    ordered = sorted(spaces, key=lambda space: space["id"])
    over = sha(*[bytes.fromhex(space["sync_digest"]) for space in ordered])
    return {"consortium": consortium.id.hex(), "over_spaces": over.hex(), "spaces": spaces}


# --- Frames (§9.2, §9.3) ---


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        check(self.at + size <= len(self.data), "ends inside a field")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def varint(self):
        value, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            check(value < 2**64 and (byte or not shift), "not the shortest form, or above 2^64 - 1")
            if byte < 128:
                return value
            shift += 7
            check(shift < 64, "not the shortest form")

    def all(self, read):
        items = []
        while self.at < len(self.data):
            items.append(read())
        return items

    def hex(self, size):
        return self.take(size).hex()

    def item(self):
        kind = self.number(1)
        check(1 <= kind <= 5, "an item of another type")
        if kind == 2:
            return ["act", self.hex(32), self.hex(32)]
        if kind == 3:
            return ["fork", self.hex(32), self.number(8)]
        return [{1: "end", 4: "wanted", 5: "branch"}[kind], self.hex(32), self.number(8), self.hex(32)]


def inflate(block, length):
    """An LZ4 block: sequences of literals and matches, the last without a match."""
    reader, out = Reader(block), bytearray()

    def long(nibble):
        total, more = nibble, 255 if nibble == 15 else 0
        while more == 255:
            more = reader.number(1)
            total += more
        return total

    while True:
        token = reader.number(1)
        out += reader.take(long(token >> 4))
        check(len(out) <= length, "inflates to more than stated")
        if reader.at == len(block):
            break
        offset = int.from_bytes(reader.take(2), "little")
        check(1 <= offset <= len(out), "a match before the beginning")
        for _ in range(long(token & 15) + 4):
            out.append(out[-offset])
        check(len(out) <= length, "inflates to more than stated")
    check(len(out) == length, "inflates to less than stated")
    return bytes(out)


class Session:
    """What a receiver remembers of the logs of run frames, and the spaces that both share."""

    def __init__(self, spaces):
        self.spaces, self.logs = spaces, {}

    def run(self, data):
        check(data and data[0] in (0, 1), "form 0 or 1")
        length = Reader(data[1:]).number(4) if data[0] else len(data) - 1
        check(length <= 262_144, "more than 262,144 bytes of groups")
        reader = Reader(inflate(data[5:], length) if data[0] else data[1:])
        return reader.all(lambda: self.group(reader))

    def group(self, reader):
        number = reader.varint() - 1
        if number < 0:
            number = reader.varint()
            check(number < 16_384, "a number of 16,384 or above")
            blind = reader.take(16)
            check(blind in self.spaces, "a space that is not shared")
            author, organisation, seq, id = reader.take(32), reader.take(32), reader.number(8), reader.take(32)
            self.logs[number] = (self.spaces[blind], author, organisation, seq, id, 0, bytes(16))
        check(number in self.logs, "a log that was not introduced")
        entries = [self.entry(reader, number) for _ in range(reader.varint())]
        space, author = self.logs[number][:2]
        return {"author": author.hex(), "space": space.hex(), "entries": entries}

    def entry(self, reader, number):
        space, author, organisation, seq, prev, time, record = self.logs[number]
        form = reader.number(1)
        check(form < 16, "four bits of form")
        kind = reader.number(1) if form & 8 else 1
        generation = reader.varint() if form & 2 else 0
        record = record if form & 4 else reader.take(16)
        zigzag = reader.varint()
        time = (time + ((zigzag >> 1) ^ -(zigzag & 1))) % 2**64
        length, signature, payload = reader.varint(), reader.take(64), b""
        if form & 1:
            check(1 <= length <= 65_536, "the length of a payload")
            salt, payload = reader.take(16), reader.take(length)
            payload_hash = sha("ISNAD-PAYLOADv1", salt, payload)
        else:
            salt, payload_hash = bytes(16), reader.take(32)
        check(generation < 2**32, "a generation of 2^32 or above")
        header = HEADER.pack(
            tag("ISNAD-ENTRY-v1"), 1, kind, 0, generation, seq + 1, space, organisation,
            author, record, time, length, prev, payload_hash,
        )  # fmt: skip
        entry = Entry(header + signature + salt + payload)
        self.logs[number] = (space, author, organisation, seq + 1, entry.id, time, record)
        return {
            "id": entry.id.hex(),
            "seq": seq + 1,
            "is_signed": entry.is_signed(),
            "has_payload": entry.payload is not None,
        }

    def frame(self, data):
        reader = Reader(data)
        check(len(data) <= 1_310_720, "more than 1,310,720 bytes")
        kind = reader.number(1)
        check(1 <= kind <= 15, "a frame of another type")
        rest = lambda: reader.take(len(data) - reader.at)
        if kind == 1:
            found = {"open": {"nonce": reader.hex(16), "digest": reader.hex(32)}}
        elif kind == 2:
            found = {"equal": {}}
        elif kind == 3:
            found = {"spaces": reader.all(lambda: [reader.hex(16), reader.hex(32)])}
        elif kind == 4:
            last = reader.number(1)
            check(last < 2, "is_last is 0 or 1")
            found = {"state": {"space": reader.hex(16), "is_last": last == 1, "items": reader.all(reader.item)}}
        elif kind == 5:
            found = {"news": {"space": reader.hex(16), "items": reader.all(reader.item)}}
        elif kind == 6:
            found = {"act": Act(rest()).id.hex()}
        elif kind == 7:
            found = {"want": reader.all(lambda: [reader.hex(16), reader.hex(32), reader.number(8)])}
        elif kind == 8:
            found = {"sending": reader.number(8)}
        elif kind == 9:
            found = {"run": self.run(rest())}
        elif kind == 10:
            fields = {"space": reader.hex(16), "author": reader.hex(32), "seq": reader.number(8), "salt": reader.hex(16)}
            payload = rest()
            check(len(payload) <= 65_536, "more than 65,536 bytes of payload")
            found = {"payload": {**fields, "bytes": payload.hex()}}
        elif kind == 11:
            found = {"credit": reader.number(4)}
        elif kind == 12:
            found = {"proof": reader.hex(592)}
        elif kind == 13:
            found = {"probe": [reader.hex(16), reader.hex(32), reader.number(8)]}
        elif kind == 14:
            found = {"header": reader.hex(288)}
        else:
            whose = [reader.hex(16), reader.hex(32)]
            found = {"want_branch": [*whose, reader.number(8), reader.number(8), reader.hex(32)]}
        check(reader.at == len(data), "bytes behind the frame")
        return found


# --- The vectors (§14) ---


def read_entry(data, expected):
    entry, log = Entry(data), expected["log"]
    organisation = entry.organisation if log["seq"] == 0 else bytes.fromhex(log["organisation"])
    fields = [bytes.fromhex(log[name]) for name in ("space", "author")]
    check_next(entry, *fields, organisation, log["seq"], bytes.fromhex(log["id"]))
    flaw = entry.flaw()
    content = expected["content"]
    assert (flaw or "ok") == (content if content in ("ok", "wanted", "unknown_kind") else "inert"), (flaw, content)
    return entry.id


def read_act(data, expected):
    act = Act(data)
    assert len(act.holding()) == expected["signatures_that_hold"]
    return act.id


def read_acknowledged(data, expected):
    read_attestation(data, bytes.fromhex(expected["author"]))


def read_claims(data, expected):
    operations = read_change(data)["ops"]
    found = [claim_id(operation["claim"]).hex() for operation in operations if "claim" in operation]
    assert found == expected["claims"], found


def read_frame(data, expected):
    session = Session({bytes.fromhex(blind): bytes.fromhex(space) for blind, space in expected["spaces"]})
    for frame in expected["before"]:
        session.frame(bytes.fromhex(frame))
    found = session.frame(data)
    assert found == expected["decodes"], found


def blinds(consortium, nonce):
    return {sha("ISNAD-BLIND-v1", nonce, space)[:16]: space for space in consortium.spaces.values()}


def check_session(consortium, expected):
    """Each side's frames are read by what that side said before. Of compressed ones the file has what they say alone."""
    sides = {side: Session(blinds(consortium, bytes.fromhex(expected["nonce"]))) for side in ("opener", "other")}
    for said in expected["frames"]:
        if said["frame"] is None:
            sides[said["from"]].logs = None
        elif "run" not in said["what"] or sides[said["from"]].logs is not None:
            assert sides[said["from"]].frame(bytes.fromhex(said["frame"])) == said["what"], said


def check_carried(consortium, data, expected):
    check(data[:16] == tag("ISNAD-CARRY-v1") and data[16:48] == consortium.id, "of another consortium")
    data, sum = data[:-32], data[-32:]
    check(sha("ISNAD-CARRYSUM-1", data) == sum, "cut off or damaged")
    session, reader = Session(blinds(consortium, bytes(16))), Reader(data[48:])
    found = []
    while length := reader.number(4):
        found.append(session.frame(reader.take(length)))
    check(reader.at == len(reader.data), "something stands behind the last frame")
    assert found == expected["frames"], found


def judge(folder, ending, read):
    count = 0
    for path in sorted(folder.glob(f"*/*.{ending}")):
        expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
        try:
            id, verdict = read(path.read_bytes(), expected), "valid"
        except Refused as refused:
            id, verdict = None, f"invalid: {refused}"
        assert verdict.startswith(expected["verdict"]), f"{path}: {verdict}, where {expected['verdict']} was due"
        assert id is None or id.hex() == expected["id"], f"{path}: another id"
        count += 1
    assert count, f"no vectors in {folder}"
    return count


def check_names(expected):
    consortium, nonce = bytes.fromhex(expected["consortium"]), bytes.fromhex(expected["nonce"])
    for space in expected["spaces"]:
        id = sha("ISNAD-SPACE-v1", consortium, space["name"].encode())
        assert id.hex() == space["id"] and sha("ISNAD-BLIND-v1", nonce, id)[:16].hex() == space["blind"]
    for one in expected["records"]:
        own = sha("ISNAD-RECORD-v1", one["dataset"].encode(), b"\0", one["own_id"].encode())[:15]
        record = bytes([one["kind"]]) + own
        assert record.hex() == one["bytes"] and record_text(record) == one["id"]
    for one in expected["claims"]:
        assert claim_id(decode_json(one["claim"].encode())).hex() == one["id"]
    for one in expected["narratives"]:
        key = narrative_key(bytes.fromhex(one["author"]), bytes.fromhex(one["space"]), one["seq"])
        assert key.hex() == one["id"]
    for one in expected["actors"]:
        assert sha("ISNAD-ACTOR-v1", bytes.fromhex(one["entry"])).hex() == one["actor"]
    for one in expected["next_keys"]:
        assert sha("ISNAD-NEXT-v1", bytes.fromhex(one["key"])).hex() == one["commitment"]
    for one in expected["grant_subjects"]:
        assert sha(*sorted(bytes.fromhex(root) for root in one["roots"])).hex() == one["subject"]
    for one in expected["cuts"]:
        space, author, id = (bytes.fromhex(one[name]) for name in ("space", "author", "id"))
        assert make_cut(space, author, one["at"], id) == one["cut"], one
    for one in expected["record_trees"]:
        records = [(bytes.fromhex(record["record"]), map(bytes.fromhex, record["entries"])) for record in one["records"]]
        assert record_root(records).hex() == one["root"], one


def vectors(folder):
    folder = pathlib.Path(folder)
    load = lambda name: json.loads((folder / name).read_text("utf-8"))
    counts = {
        "entries": judge(folder / "entries", "entry", read_entry),
        "acts": judge(folder / "acts", "act", read_act),
        "payloads": judge(folder / "payloads", "payload", lambda data, _: decode_json(data) and None),
        "changes": judge(folder / "changes", "payload", read_claims),
        "attestations": judge(folder / "attestations", "payload", read_acknowledged),
        "forks": judge(folder / "forks", "proof", read_fork),
        "frames": judge(folder / "frames", "frame", read_frame),
    }
    for one in load("ed25519/speccheck.json")["vectors"]:
        key, message, signature = (bytes.fromhex(one[name]) for name in ("key", "message", "signature"))
        assert verifies(key, message, signature) == one["accepted"], one
    for one in load("ed25519/weak-keys.json")["vectors"]:
        assert is_admissible(bytes.fromhex(one["key"])) == (one.get("rule") is None), one
    check_names(load("names.json"))
    expected = load("consortium/expected.json")
    found = replica(folder / "consortium/acts.isnad", folder / "consortium/entries.isnad")
    for name in ("consortium", "over_spaces", "spaces"):
        assert found[name] == expected[name], f"consortium: another {name}: {found[name]}"
    consortium = Consortium([Act(data) for data in records_of(folder / "consortium/acts.isnad")])
    check_session(consortium, load("session/session.json"))
    check_carried(consortium, (folder / "carried/carried.isnad").read_bytes(), load("carried/carried.json"))
    return counts


def main(arguments):
    match arguments:
        case ["replica", acts, entries]:
            found = replica(acts, entries)
        case ["vectors", folder]:
            found = vectors(folder)
        case _:
            sys.exit(__doc__)
    json.dump(found, sys.stdout, ensure_ascii=False, indent=1)
    print()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Refused as refused:
        sys.exit(f"refused: {refused}")
