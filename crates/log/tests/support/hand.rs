//! CBOR written by hand, as the protocol document describes it, to hold the encoder
//! against.

/// A field of a map: its key, what it is, its value. Absent fields are left out.
pub type Field<'a> = (u64, &'a str, Option<Vec<u8>>);

/// An unsigned integer in its shortest form.
pub fn uint(number: u64) -> Vec<u8> {
    head(0, number)
}

/// A byte string.
pub fn bytes(content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let mut out = head(2, content.len() as u64);
    out.extend_from_slice(content);
    out
}

/// A text string.
pub fn text(content: &str) -> Vec<u8> {
    let mut out = head(3, content.len() as u64);
    out.extend_from_slice(content.as_bytes());
    out
}

/// A truth value.
pub fn truth(value: bool) -> Vec<u8> {
    vec![if value { 0xf5 } else { 0xf4 }]
}

/// An array.
pub fn array(items: &[Vec<u8>]) -> Vec<u8> {
    let mut out = head(4, items.len() as u64);
    items.iter().for_each(|item| out.extend_from_slice(item));
    out
}

/// One of the kinds of an enumeration: an array of its number and the array of its
/// fields.
pub fn kind(number: u64, fields: &[Vec<u8>]) -> Vec<u8> {
    array(&[uint(number), array(fields)])
}

/// A map with integer keys.
pub fn map(fields: &[Field<'_>]) -> Vec<u8> {
    split(fields).into_iter().flat_map(|(_, bytes)| bytes).collect()
}

/// The same, cut into its head and its fields with their keys.
pub fn split(fields: &[Field<'_>]) -> Vec<(String, Vec<u8>)> {
    let present = || fields.iter().filter_map(|(key, label, value)| Some((key, label, value.as_ref()?)));
    let mut out = vec![("map".to_owned(), head(5, present().count() as u64))];
    let mut last = 0;
    for (key, label, value) in present() {
        assert!(*key > last, "keys ascend");
        last = *key;
        let mut bytes = uint(*key);
        bytes.extend_from_slice(value);
        out.push(((*label).to_owned(), bytes));
    }
    out
}

fn head(major: u8, number: u64) -> Vec<u8> {
    let major = major << 5;
    match number {
        0..=23 => vec![major | number as u8],
        24..=0xff => vec![major | 24, number as u8],
        0x100..=0xffff => [vec![major | 25], (number as u16).to_be_bytes().to_vec()].concat(),
        0x1_0000..=0xffff_ffff => [vec![major | 26], (number as u32).to_be_bytes().to_vec()].concat(),
        _ => [vec![major | 27], number.to_be_bytes().to_vec()].concat(),
    }
}
