//! Brotli and gzip, as small as they get: done once at build time, sent for ever after.

use std::io::Write;

use anyhow::Result;
use flate2::{Compression, GzBuilder};

/// Brotli at its highest quality with the largest window every browser accepts.
pub(crate) fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

/// Gzip for what cannot read brotli, chiefly browsers on plain-http addresses such as a local network's.
pub(crate) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    // No name and no time in the header: the same bytes give the same bytes.
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn both_can_be_undone() {
        let text = "assembled, decided, minuted; ".repeat(1000).into_bytes();
        let mut undone = Vec::new();
        let small = brotli(&text).expect("memory can be written to");
        assert!(small.len() < text.len() / 10);
        brotli::BrotliDecompress(&mut small.as_slice(), &mut undone).expect("it is brotli");
        assert_eq!(undone, text);

        undone.clear();
        let small = gzip(&text).expect("memory can be written to");
        assert!(small.len() < text.len() / 10);
        flate2::read::GzDecoder::new(small.as_slice()).read_to_end(&mut undone).expect("it is gzip");
        assert_eq!(undone, text);
    }
}
