//! A digest of all that a scan saw: scans with equal digests give equal trees.

use super::scan::{File, Scan};
use crate::model::ContentId;
use crate::model::Stat;

/// Where the ledgers stand.
const LEDGERS: &str = ".minipach/ledger/";

impl Scan {
    /// Names everything that plans can learn from the scan; other files, contents or kinds, another digest.
    ///
    /// A file whose content was not looked into counts by its stat.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = Vec::with_capacity(1 << 16);
        for file in &self.files {
            feed_file(file, &mut buffer);
            if buffer.len() > (1 << 16) - 4096 {
                hasher.update(&buffer);
                buffer.clear();
            }
        }
        for list in [&self.deleted, &self.nested, &self.special] {
            feed_all(list.iter().map(AsRef::as_ref), &mut buffer);
        }
        let odd = self.odd.iter().chain(&self.closed).map(String::as_str);
        feed_all(odd.chain(self.unmerged()), &mut buffer);
        feed_all(self.bad_links.keys().map(AsRef::as_ref), &mut buffer);
        for (path, chain) in &self.targets {
            feed_all(std::iter::once(path).chain(chain).map(AsRef::as_ref), &mut buffer);
        }
        buffer.extend(self.link_blobs.values().flat_map(|oid| oid.0));
        buffer.extend(self.conversions.digest());
        *hasher.update(&buffer).finalize().as_bytes()
    }
}

fn feed_file(file: &File, buffer: &mut Vec<u8>) {
    feed(&file.path, buffer);
    // What is staged of a ledger is put right, too.
    if file.path.starts_with(LEDGERS)
        && let Some((oid, _)) = file.recorded
    {
        buffer.push(b's');
        buffer.extend_from_slice(&oid.0);
    }
    if let Some((kind, content)) = &file.content {
        buffer.push(kind.code());
        feed_content(content, buffer);
    } else {
        buffer.push(b'?');
        feed_stat(&file.stat, buffer);
    }
}

fn feed_content(content: &ContentId, buffer: &mut Vec<u8>) {
    match content {
        ContentId::Git(oid) => buffer.extend_from_slice(&oid.0),
        ContentId::Folder(id) => buffer.extend_from_slice(id),
        ContentId::Annex(key) => {
            buffer.push(b'a');
            feed(key, buffer);
        }
    }
}

fn feed_stat(stat: &Stat, buffer: &mut Vec<u8>) {
    let numbers =
        [stat.ino, stat.size_bytes, stat.mtime.seconds.cast_unsigned(), stat.ctime.seconds.cast_unsigned()];
    buffer.extend(numbers.into_iter().flat_map(u64::to_le_bytes));
    buffer.extend([stat.mtime.nanos, stat.ctime.nanos].into_iter().flat_map(u32::to_le_bytes));
}

fn feed_all<'a>(texts: impl Iterator<Item = &'a str>, buffer: &mut Vec<u8>) {
    texts.for_each(|text| feed(text, buffer));
    buffer.push(0);
}

fn feed(text: &str, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(text.as_bytes());
    buffer.push(0);
}
