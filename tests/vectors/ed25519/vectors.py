"""Makes speccheck.json and weak-keys.json beside this file, from nothing but the arithmetic of RFC 8032.

The twelve cases are those of Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs" (2020), which also published
vectors for them (github.com/novifinancial/ed25519-speccheck, Apache-2.0). The cases are theirs; keys, messages and
signatures here are our own, so that every byte can be made again: python3 vectors.py
"""

import hashlib
import json
import pathlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def x_of(y, sign):
    """The x of a point with this y, or None if no point has it."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square:
        return None
    return P - x if x and x % 2 != sign else x


def add(one, other):
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P


def times(scalar, point):
    total = (0, 1)
    for bit in bin(scalar)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def negative(point):
    return -point[0] % P, point[1]


def encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


BASE_Y = 4 * pow(5, -1, P) % P
BASE = (x_of(BASE_Y, 0), BASE_Y)
NONE = (0, 1)
OF_ORDER_2 = (0, P - 1)
NOT_CANONICAL = bytes.fromhex("ec" + "ff" * 31)  # OF_ORDER_2 with the sign of an x that is zero


def torsion_generator():
    """A point of order 8: L times the first point that has one."""
    y = 2
    while True:
        x = x_of(y, 0)
        if x is not None:
            point = times(L, (x, y))
            if times(4, point) != NONE:
                return point
        y += 1


T = torsion_generator()


def draw(name):
    return hashlib.sha512(b"isnad vectors " + name.encode()).digest()


def scalar(name):
    return int.from_bytes(draw(name), "little") % L


def challenge(r, a, message):
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def search(name, r, a, is_right):
    """The first of a row of messages whose challenge is right."""
    for number in range(10_000):
        message = draw(f"{name} {number}")[:32]
        k = challenge(r, a, message)
        if is_right(k):
            return message, k
    raise ValueError(name)


def case(number, text, a_point, r_point, s_of, is_right, a=None, r=None, a_hashed=None, r_hashed=None):
    a, r = a or encode(a_point), r or encode(r_point)
    message, k = search(f"message {number}", r_hashed or r, a_hashed or a, is_right)
    s = s_of(k)
    difference = add(times(s, BASE), negative(add(r_point, times(challenge(r, a, message), a_point))))
    return {
        "number": number,
        "case": text,
        "key": a.hex(),
        "message": message.hex(),
        "signature": (r + s.to_bytes(32, "little")).hex(),
        "cofactorless": difference == NONE,
        "cofactored": times(8, difference) == NONE,
        "accepted": number == 3,
    }


def speccheck():
    secret, nonce = scalar("secret"), scalar("nonce")
    big, r_big = times(secret, BASE), times(nonce, BASE)
    mixed, r_mixed = add(big, T), add(r_big, T)
    lifted = lambda k: (nonce + k * secret) % L
    is_even_out = lambda k: k % 8 == 7  # T + 7 T is none
    return [
        case(0, "S zero, A and R of small order", T, negative(T), lambda k: 0, lambda k: k % 8 == 1),
        case(1, "A of small order, R mixed", T, r_mixed, lambda k: nonce, is_even_out),
        case(2, "A mixed, R of small order", mixed, T, lambda k: k * secret % L, is_even_out),
        case(3, "A and R mixed, cofactorless holds", mixed, r_mixed, lifted, is_even_out),
        case(4, "A and R mixed, only cofactored holds", mixed, r_mixed, lifted, lambda k: k % 8 == 2),
        case(5, "A mixed, R of order L, 8k not a multiple of 8 once reduced", mixed, r_big, lifted,
             lambda k: k % 8 and 8 * k % L % 8),
        case(6, "S above L, keys of order L", big, r_big, lambda k: lifted(k) + L, lambda k: True),
        case(7, "S far above L, keys of order L", big, r_big, lambda k: lifted(k) + 14 * L, lambda k: True),
        case(8, "A mixed, R small and not canonical, hashed as canonical", mixed, OF_ORDER_2,
             lambda k: k * secret % L, lambda k: k % 8 == 4, r=NOT_CANONICAL, r_hashed=encode(OF_ORDER_2)),
        case(9, "A mixed, R small and not canonical, hashed as it stands", mixed, OF_ORDER_2,
             lambda k: k * secret % L, lambda k: k % 8 == 4, r=NOT_CANONICAL),
        case(10, "A small and not canonical, hashed as canonical, R mixed", OF_ORDER_2, add(r_big, OF_ORDER_2),
             lambda k: nonce, lambda k: k % 2 == 1, a=NOT_CANONICAL, a_hashed=encode(OF_ORDER_2)),
        case(11, "A small and not canonical, hashed as it stands, R mixed", OF_ORDER_2, add(r_big, OF_ORDER_2),
             lambda k: nonce, lambda k: k % 2 == 1, a=NOT_CANONICAL),
    ]


def weak_keys():
    keys = [(encode(times(n, T)), "key_small_order", f"{n} times a point of order 8") for n in range(8)]
    for y in range(P, 2**255):
        for sign in (0, 1):
            keys.append(((y | sign << 255).to_bytes(32, "little"), "key_not_canonical", f"y = p + {y - P}, sign {sign}"))
    for y, name in ((1, "1"), (P - 1, "p - 1")):
        keys.append(((y | 1 << 255).to_bytes(32, "little"), "key_not_canonical", f"y = {name}, x = 0 with a sign"))
    missing = next(y for y in range(2, 100) if x_of(y, 0) is None)
    keys.append((missing.to_bytes(32, "little"), "key_not_canonical", f"y = {missing}, on no point of the curve"))
    for n in range(1, 8):
        keys.append((encode(add(times(scalar("secret"), BASE), times(n, T))), "key_torsion", f"mixed: plus {n} times a point of order 8"))
    return [{"key": key.hex(), "rule": rule, "proves": text} for key, rule, text in keys]


def write(name, source, vectors):
    text = json.dumps({"source": source, "vectors": vectors}, indent=1) + "\n"
    pathlib.Path(__file__).with_name(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    cases = "Cases of Chalkias, Garillot, Nikolaenko, Taming the many EdDSAs (2020); bytes made by vectors.py"
    write("speccheck.json", cases, speccheck())
    write("weak-keys.json", "RFC 8032; bytes made by vectors.py", weak_keys())
