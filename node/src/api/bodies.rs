//! Bodies of any length: read and written from threads that may wait, a few pieces at a time.

use std::io::{self, Read, Write};

use axum::body::{Body, BodyDataStream, Bytes};
use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Bytes of a piece of a body.
const PIECE_BYTES: usize = 64 * 1_024;
/// Pieces that wait for whoever is slower.
const PIECES: usize = 4;

/// Reads a body as it comes. Waits: not for a thread of the runtime.
#[derive(Debug)]
pub struct BodyReader {
    pieces: BodyDataStream,
    left: Bytes,
    /// What has ended, or failed, is not asked again.
    is_over: bool,
    runtime: Handle,
}

impl BodyReader {
    /// Of a body; made on the runtime that serves it.
    #[must_use]
    pub fn new(body: Body) -> Self {
        Self { pieces: body.into_data_stream(), left: Bytes::new(), is_over: false, runtime: Handle::current() }
    }

    /// Reads what is left and drops it: whoever answers before he has heard all may not be heard himself.
    pub(super) fn drain(&mut self) {
        if let Err(error) = io::copy(self, &mut io::sink()) {
            tracing::debug!(%error, "a body ended early");
        }
    }
}

impl Read for BodyReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.left.is_empty() && !self.is_over {
            let piece = self.runtime.block_on(self.pieces.next());
            self.is_over = !matches!(piece, Some(Ok(_)));
            self.left = piece.transpose().map_err(io::Error::other)?.unwrap_or_default();
        }
        let length = self.left.len().min(into.len());
        self.left.split_to(length).as_ref().read(into)
    }
}

/// Writes a body as it goes. Waits: not for a thread of the runtime. A writer that is dropped ends the body.
#[derive(Debug)]
pub struct BodyWriter {
    piece: Vec<u8>,
    pieces: mpsc::Sender<io::Result<Bytes>>,
}

impl BodyWriter {
    /// The body that is to be sent, and its writer.
    pub fn new() -> (Self, Body) {
        let (pieces, mut sent) = mpsc::channel(PIECES);
        let sent = futures::stream::poll_fn(move |context| sent.poll_recv(context));
        (Self { piece: Vec::with_capacity(PIECE_BYTES), pieces }, Body::from_stream(sent))
    }

    /// A body of all that a reader reads, on a thread of its own; made on the runtime that sends it.
    pub fn of_reader(mut from: impl Read + Send + 'static) -> Body {
        let (mut writer, body) = Self::new();
        // It ends with the body, which nobody may want to the end.
        drop(tokio::task::spawn_blocking(move || match io::copy(&mut from, &mut writer) {
            Ok(_) => drop(writer.flush()),
            Err(error) => writer.fail(error),
        }));
        body
    }

    /// Ends the body so that nobody takes it for a whole one.
    pub fn fail(self, error: io::Error) {
        // Whoever was sent it may have gone.
        drop(self.pieces.blocking_send(Err(error)));
    }

    fn send(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_BYTES));
        self.pieces.blocking_send(Ok(piece.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE_BYTES.saturating_sub(self.piece.len()));
        self.piece.extend(bytes.iter().take(taken));
        if self.piece.len() >= PIECE_BYTES {
            self.send()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() { Ok(()) } else { self.send() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Gives bytes, and counts them.
    struct Counted(usize, Arc<AtomicUsize>);

    impl Read for Counted {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let length = self.0.min(into.len());
            self.0 -= length;
            self.1.fetch_add(length, Ordering::SeqCst);
            into[..length].fill(7);
            Ok(length)
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_body_of_any_length_is_read_no_faster_than_it_is_taken() {
        let given = Arc::new(AtomicUsize::new(0));
        let length = 64 * 1_024 * 1_024;
        let body = BodyWriter::of_reader(Counted(length, Arc::clone(&given)));
        let mut reader = BodyReader::new(body);
        let read = tokio::task::spawn_blocking(move || {
            let (mut taken, mut ahead, mut piece) = (0_usize, 0, vec![0; 10_000]);
            loop {
                let read = reader.read(&mut piece).unwrap();
                taken += read;
                ahead = ahead.max(given.load(Ordering::SeqCst) - taken);
                if read == 0 {
                    assert_eq!(reader.read(&mut piece).unwrap(), 0);
                    reader.drain();
                    return (taken, ahead);
                }
            }
        });
        let (taken, ahead) = read.await.unwrap();
        assert_eq!(taken, length, "and it is over, however often it is asked");
        assert!(ahead <= 16 * PIECE_BYTES, "{ahead} bytes were held");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_body_that_failed_is_no_whole_one() {
        let (mut writer, body) = BodyWriter::new();
        let mut reader = BodyReader::new(body);
        let read = tokio::task::spawn_blocking(move || {
            writer.write_all(b"some").unwrap();
            writer.flush().unwrap();
            writer.fail(io::Error::other("the disk is gone"));
            let mut all = Vec::new();
            let read = reader.read_to_end(&mut all);
            (all, read.unwrap_err().to_string())
        });
        let (all, why) = read.await.unwrap();
        assert_eq!(all, b"some");
        assert!(why.contains("the disk is gone"), "{why}");
    }
}
