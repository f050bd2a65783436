//! Where the bytes come from.

use std::io;

/// Something with bytes at offsets, such as a file.
pub trait Source: Sync {
    /// How many bytes there are.
    fn len(&self) -> u64;

    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    /// If there are not as many bytes, or they cannot be read.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Source for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let rest = self.get(start..).ok_or(io::ErrorKind::UnexpectedEof)?;
        let bytes = rest.get(..buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}

impl Source for Vec<u8> {
    fn len(&self) -> u64 {
        Source::len(self.as_slice())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.as_slice().read_at(offset, buffer)
    }
}

impl<S: Source + ?Sized> Source for &S {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        (**self).read_at(offset, buffer)
    }
}

/// A source read from front to back, a chunk at a time.
#[derive(Debug)]
pub(super) struct Window<S> {
    source: S,
    /// As it was in the beginning: a file may grow while it is read.
    length: u64,
    start: u64,
    chunk: Vec<u8>,
}

impl<S: Source> Window<S> {
    pub(super) fn new(source: S) -> Self {
        let length = source.len();
        Self { source, length, start: 0, chunk: Vec::new() }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// `length` bytes from `offset` on; none if the source ends before.
    pub(super) fn bytes(&mut self, offset: u64, length: usize) -> io::Result<Option<&[u8]>> {
        let Some(rest) = self.length.checked_sub(offset).filter(|rest| *rest >= length as u64) else {
            return Ok(None);
        };
        let held =
            offset.checked_sub(self.start).filter(|skip| skip + length as u64 <= self.chunk.len() as u64);
        let skip = match held {
            Some(skip) => skip as usize,
            None => {
                let size = length.max(rest.min(CHUNK as u64) as usize);
                // Not to be found holding what could not be read.
                self.chunk.clear();
                let mut chunk = std::mem::take(&mut self.chunk);
                chunk.resize(size, 0);
                self.source.read_at(offset, &mut chunk)?;
                (self.start, self.chunk) = (offset, chunk);
                0
            }
        };
        Ok(self.chunk.get(skip..skip + length))
    }

    /// The same for what the caller keeps.
    pub(super) fn copy(&mut self, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
        if length <= CHUNK / 4 {
            return Ok(self.bytes(offset, length)?.map(<[u8]>::to_vec));
        }
        if self.length.checked_sub(offset).is_none_or(|rest| rest < length as u64) {
            return Ok(None);
        }
        let mut bytes = vec![0; length];
        self.source.read_at(offset, &mut bytes)?;
        Ok(Some(bytes))
    }
}

/// Bytes read at once.
const CHUNK: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_shows_what_the_source_has() {
        let source: Vec<u8> = (0..3 * CHUNK + 7).map(|index| (index % 251) as u8).collect();
        let mut window = Window::new(&source);
        let mut offset = 0;
        for length in [0, 1, 512, CHUNK - 1, 300, CHUNK / 4 + 1, 5, CHUNK, 17].into_iter().cycle() {
            let expected = source.get(offset..offset + length);
            assert_eq!(window.copy(offset as u64, length).expect("memory"), expected.map(<[u8]>::to_vec));
            assert_eq!(window.bytes(offset as u64, length).expect("memory"), expected);
            if expected.is_none() {
                break;
            }
            offset += length;
        }
        assert_eq!(window.bytes(u64::MAX, 1).expect("memory"), None);
    }
}
