//! Says how far the reading of journals has come.

use std::path::{Path, PathBuf};

use super::Frame;

/// How many of how many bytes were read.
pub(crate) struct Meter<'a> {
    read: u64,
    total: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

impl<'a> Meter<'a> {
    /// Of the journals in these folders. `progress` is told bytes read and bytes in all.
    pub(crate) fn of(dirs: &[PathBuf], progress: &'a mut dyn FnMut(u64, u64)) -> Self {
        Self { read: 0, total: dirs.iter().map(|dir| bytes_of(dir)).sum(), progress }
    }

    /// So many more were read.
    pub(crate) fn add(&mut self, bytes: u64) {
        self.read = self.read.saturating_add(bytes);
        (self.progress)(self.read, self.total.max(self.read));
    }

    /// Bytes read so far.
    pub(crate) const fn read(&self) -> u64 {
        self.read
    }
}

fn bytes_of(dir: &Path) -> u64 {
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let segments = files.filter(|file| file.file_name().to_string_lossy().ends_with(".seg"));
    segments.filter_map(|file| file.metadata().ok()).fold(0, |sum, file| sum.saturating_add(file.len()))
}

/// Bytes that a frame takes in its segment.
pub(crate) fn length_of(frame: &Frame) -> u64 {
    u64::from(frame.end().offset.saturating_sub(frame.position.offset))
}
