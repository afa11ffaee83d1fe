//! Files that are no usable image.

/// The head of a PNG that says it is this large, and next to no pixels.
pub fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([8, 2, 0, 0, 0]); // 8 bits, RGB
    chunk(&mut file, b"IHDR", &head);
    // zlib: one stored block of one byte.
    chunk(&mut file, b"IDAT", &[0x78, 0x01, 0x01, 0x01, 0x00, 0xfe, 0xff, 0x00, 0x00, 0x01, 0x00, 0x01]);
    chunk(&mut file, b"IEND", &[]);
    file
}

/// A JPEG whose frame header was rewritten to claim this size.
pub fn jpeg_claiming(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut file = jpeg.to_vec();
    let mut at = 2;
    loop {
        let (marker, length) = (file[at + 1], usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]])));
        if matches!(marker, 0xc0..=0xc2) {
            file[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
            file[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
            return file;
        }
        at += 2 + length;
    }
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
    let start = file.len();
    file.extend(kind);
    file.extend(data);
    let crc = crc32(&file[start..]);
    file.extend(crc.to_be_bytes());
}

/// ISO 3309, as PNG uses it.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
