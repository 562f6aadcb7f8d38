//! The line of a log that says how much of what was printed is not kept.

/// The line, with the one before it ended.
pub fn left_out_line(bytes: u64) -> String {
    format!("\n[minipach: {bytes} bytes left out]\n")
}

/// How many bytes a line, without its end, says were left out.
pub fn left_out_of(line: &str) -> Option<u64> {
    line.strip_prefix("[minipach: ")?.strip_suffix(" bytes left out]")?.parse().ok()
}

/// Parts of what was printed that a log kept, in order, each with how many bytes were printed before it.
pub fn kept_parts(log: &[u8]) -> Vec<(u64, &[u8])> {
    let (mut parts, mut from, mut start) = (Vec::new(), 0, 0);
    let mut line = 0;
    while let Some(length) = log[line..].iter().position(|byte| *byte == b'\n') {
        let found = std::str::from_utf8(&log[line..line + length]).ok().and_then(left_out_of);
        if let Some(bytes) = found.filter(|_| line > start) {
            // The end of the line before is of the line that says so.
            let part = &log[start..line - 1];
            parts.push((from, part));
            from += part.len() as u64 + bytes;
            start = line + length + 1;
        }
        line += length + 1;
    }
    parts.push((from, &log[start..]));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_tell_where_in_all_that_was_printed_they_are() {
        let log = format!("one\ntw{}ten\n{}last", left_out_line(30), left_out_line(500));
        let parts = kept_parts(log.as_bytes());
        assert_eq!(parts, [(0, &b"one\ntw"[..]), (36, b"ten\n"), (540, b"last")]);
        assert_eq!(kept_parts(b"one\n[minipach: many bytes left out]\n").len(), 1);
        assert_eq!(kept_parts(b""), [(0, &b""[..])]);
    }
}
