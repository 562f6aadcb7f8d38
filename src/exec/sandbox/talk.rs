//! Messages between minipach and the first process of a sandbox: a length, then the bytes, open files with them.

use std::io::{IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Open files that may come with one message.
const FILES: usize = 2;
/// A longer message is none of ours.
const LONGEST: usize = 64 << 20;

/// Sends a message with open files.
pub(super) fn send<T: Serialize>(
    mut socket: &UnixStream,
    message: &T,
    files: &[BorrowedFd<'_>],
) -> std::io::Result<()> {
    let body = postcard::to_stdvec(message).map_err(std::io::Error::other)?;
    let length = (body.len() as u64).to_le_bytes();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !control.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(std::io::Error::other("too many files for one message"));
    }
    let sent = rustix::io::retry_on_intr(|| {
        rustix::net::sendmsg(socket, &[IoSlice::new(&length)], &mut control, SendFlags::NOSIGNAL)
    })?;
    socket.write_all(&length[sent..])?;
    socket.write_all(&body)
}

/// Waits for a message; nothing once the other side is gone.
pub(super) fn receive<T: DeserializeOwned>(
    mut socket: &UnixStream,
) -> std::io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut length = [0; 8];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(&mut length)];
    let flags = RecvFlags::CMSG_CLOEXEC;
    let got =
        rustix::io::retry_on_intr(|| rustix::net::recvmsg(socket, &mut parts, &mut control, flags))?.bytes;
    if got == 0 {
        return Ok(None);
    }
    let mut files = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            files.extend(received);
        }
    }
    socket.read_exact(&mut length[got..])?;
    let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(std::io::Error::other("a message without end"));
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body)?;
    let message = postcard::from_bytes(&body).map_err(std::io::Error::other)?;
    Ok(Some((message, files)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd as _;

    #[test]
    fn messages_and_files_arrive_in_order() {
        let (here, there) = UnixStream::pair().unwrap();
        let (reading, writing) = rustix::pipe::pipe().unwrap();
        send(&here, &"first", &[writing.as_fd()]).unwrap();
        send(&here, &"x".repeat(100_000), &[]).unwrap();
        drop((writing, here));
        let (text, files) = receive::<String>(&there).unwrap().unwrap();
        assert_eq!((text.as_str(), files.len()), ("first", 1));
        rustix::io::write(&files[0], b"through").unwrap();
        let mut buffer = [0; 16];
        assert_eq!(rustix::io::read(&reading, &mut buffer).unwrap(), 7);
        let (text, files) = receive::<String>(&there).unwrap().unwrap();
        assert_eq!((text.len(), files.len()), (100_000, 0));
        assert!(receive::<String>(&there).unwrap().is_none());
    }
}
