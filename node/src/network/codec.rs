//! Frames on a stream: four bytes of length, then the frame. format §9.1. Nothing is allocated for a length before its bytes come.

use std::io;
use std::time::Duration;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use isnad_protocol::limits;
use tokio::time::timeout;

/// Bytes asked of the stream in one go.
const CHUNK: usize = 64 * 1_024;

/// How long a frame that has begun may take: a stalled peer holds no memory for longer.
const FRAME_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads the next frame; `None` where the stream ends between two.
///
/// # Errors
/// The stream's own, `InvalidData` for a length out of bounds, `TimedOut` for a frame that does not end.
pub(super) async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    read_frame_within(stream, limits::FRAME_BYTES).await
}

/// The same with a bound of its own on the frame.
///
/// # Errors
/// As of [`read_frame`].
pub(super) async fn read_frame_within(
    stream: &mut (impl AsyncRead + Unpin),
    most: usize,
) -> io::Result<Option<Vec<u8>>> {
    let mut first = [0; 1];
    if stream.read(&mut first).await? == 0 {
        return Ok(None);
    }
    match timeout(FRAME_TIMEOUT, read_rest(stream, first, most)).await {
        Ok(frame) => frame.map(Some),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "stalled in the middle of a frame")),
    }
}

async fn read_rest(stream: &mut (impl AsyncRead + Unpin), first: [u8; 1], most: usize) -> io::Result<Vec<u8>> {
    let mut rest = [0; 3];
    stream.read_exact(&mut rest).await?;
    let [a, b, c] = rest;
    let length = usize::try_from(u32::from_be_bytes([first[0], a, b, c])).unwrap_or(usize::MAX);
    if !(1..=most).contains(&length) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a frame of {length} bytes")));
    }
    let mut frame = Vec::new();
    while frame.len() < length {
        let start = frame.len();
        frame.resize(length.min(start.saturating_add(CHUNK)), 0);
        let room = frame.get_mut(start..).unwrap_or_default();
        stream.read_exact(room).await?;
    }
    Ok(frame)
}

/// Writes a frame; the caller flushes.
///
/// # Errors
/// The stream's own, `InvalidInput` for a frame that no peer would take.
pub(super) async fn write_frame(stream: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len()).ok().filter(|_| frame.len() <= limits::FRAME_BYTES);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a frame beyond the bound"))?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(frame).await
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use futures::io::Cursor;

    use super::*;

    /// A peer that sends no more and does not hang up.
    struct Silence;

    impl AsyncRead for Silence {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut [u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn frames_are_read_as_they_were_written() {
        let mut wire = Cursor::new(Vec::new());
        for frame in [&b"a"[..], &[7; 200_000]] {
            write_frame(&mut wire, frame).await.unwrap();
        }
        wire.set_position(0);
        assert_eq!(read_frame(&mut wire).await.unwrap(), Some(b"a".to_vec()));
        assert_eq!(read_frame(&mut wire).await.unwrap(), Some(vec![7; 200_000]));
        assert_eq!(read_frame(&mut wire).await.unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_that_does_not_end_is_given_up() {
        let mut stalled = Cursor::new(vec![0, 0, 0, 9, 1]).chain(Silence);
        let error = read_frame(&mut stalled).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_length_out_of_bounds_ends_the_stream() {
        for bytes in [[0, 0, 0, 0, 1], [0xff, 0xff, 0xff, 0xff, 1]] {
            let error = read_frame(&mut Cursor::new(bytes.to_vec())).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
        let cut = read_frame(&mut Cursor::new(vec![0, 0, 0, 9, 1])).await.unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
    }
}
