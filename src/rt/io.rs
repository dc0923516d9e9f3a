//! Reading from and writing to a transport.
//!
//! Invariants:
//! - In a [`ReadBuf`], `filled <= init <= capacity`, and the first `init` bytes are initialised.
//!   Initialised bytes never become uninitialised again. Only the `unsafe` methods of
//!   [`ReadBufCursor`] can break this, and their contracts forbid it.
//! - A cursor borrows the three parts of its buffer, not the buffer: so it cannot be exchanged for
//!   a cursor into another buffer behind the owner's back, and `filled` counts bytes that are
//!   really there.
//! - All the `unsafe` code of the crate is in this file. That is why two things live here that read
//!   nothing: the pinned downcast of [`Sleep`], and the hand-over between this `ReadBuf` and the
//!   spare capacity of a `BytesMut`.
#![allow(unsafe_code)]

use std::fmt;
use std::io::{IoSlice, Result};
use std::mem::MaybeUninit;
use std::ops::DerefMut;
use std::pin::Pin;
#[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
use std::task::ready;
use std::task::{Context, Poll};

#[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
use bytes::BytesMut;

use crate::rt::timer::Sleep;

/// A transport to read bytes from.
///
/// Like Tokio's or the standard library's reader traits, but with a buffer that may be
/// uninitialised.
pub trait Read {
    /// Reads some bytes into `buf`.
    ///
    /// `Ready(Ok(()))` promises that whatever was read has been added to `buf`. If nothing was
    /// added although `buf` has room, the transport has ended, and will not read anything any more.
    ///
    /// `Pending` promises that nothing was read, and that `cx` is woken once there may be
    /// something. `Ready(Err(_))` promises that nothing was read.
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<Result<()>>;
}

/// A transport to write bytes to.
pub trait Write {
    /// Writes some bytes from `buf`, and returns how many.
    ///
    /// `Ready(Ok(n))` promises that the first `n` bytes, `n <= buf.len()`, were accepted; they may
    /// wait for a flush. `n` is zero only if `buf` is empty or the transport accepts nothing any
    /// more.
    ///
    /// `Pending` promises that nothing was accepted, and that `cx` is woken once something may be.
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>>;

    /// Sends off whatever was accepted.
    ///
    /// `Ready(Ok(()))` promises that no accepted byte is waiting here. `Pending` promises that `cx`
    /// is woken once there may be progress.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>>;

    /// Ends the writing direction, after sending off whatever was accepted.
    ///
    /// `Ready(Ok(()))` promises that the transport is shut down for writing. `Pending` promises
    /// that `cx` is woken once there may be progress.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>>;

    /// Whether [`poll_write_vectored`](Write::poll_write_vectored) does better than one slice at a
    /// time.
    ///
    /// The default is false, which lets the caller copy small slices together.
    fn is_write_vectored(&self) -> bool {
        false
    }

    /// Like [`poll_write`](Write::poll_write), from several slices in order.
    ///
    /// The default writes from the first slice that is not empty.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty());
        self.poll_write(cx, first.map_or(&[], |buf| &**buf))
    }
}

/// A buffer to read into, that remembers how much of it is filled and how much is initialised.
///
/// It has three parts: `[ filled | initialised, unfilled | uninitialised ]`. A reader gets the
/// unfilled ones as a [`ReadBufCursor`].
pub struct ReadBuf<'data> {
    raw: &'data mut [MaybeUninit<u8>],
    filled: usize,
    init: usize,
}

/// The unfilled part of a [`ReadBuf`].
///
/// A reader adds bytes with [`put_slice`](ReadBufCursor::put_slice); or it fills
/// [`initialize_unfilled`](ReadBufCursor::initialize_unfilled) or [`as_mut`](ReadBufCursor::as_mut)
/// from the front, and then says how far with [`advance`](ReadBufCursor::advance).
#[derive(Debug)]
pub struct ReadBufCursor<'buf> {
    raw: &'buf mut [MaybeUninit<u8>],
    filled: &'buf mut usize,
    init: &'buf mut usize,
}

impl<'data> ReadBuf<'data> {
    /// A buffer over initialised bytes, with none of them filled.
    #[inline]
    pub fn new(raw: &'data mut [u8]) -> Self {
        let init = raw.len();
        // SAFETY: `MaybeUninit<u8>` has the layout of `u8`, and the exclusive borrow passes over to
        // the new slice. The bytes must still be initialised when the borrow ends: that is the
        // invariant of `ReadBuf`, as all of them count as `init` from the start.
        let raw = unsafe { &mut *(raw as *mut [u8] as *mut [MaybeUninit<u8>]) };
        ReadBuf {
            raw,
            filled: 0,
            init,
        }
    }

    /// A buffer over bytes that may be uninitialised, with none of them filled.
    #[inline]
    pub fn uninit(raw: &'data mut [MaybeUninit<u8>]) -> Self {
        ReadBuf {
            raw,
            filled: 0,
            init: 0,
        }
    }

    /// The bytes read so far.
    #[inline]
    pub fn filled(&self) -> &[u8] {
        // SAFETY: `filled <= init`, and the first `init` bytes are initialised.
        unsafe { assume_init(&self.raw[..self.filled]) }
    }

    /// The part that is still to be filled. It may be taken again and again, and goes on where the
    /// last one got to.
    #[inline]
    pub fn unfilled<'cursor>(&'cursor mut self) -> ReadBufCursor<'cursor> {
        ReadBufCursor {
            raw: self.raw,
            filled: &mut self.filled,
            init: &mut self.init,
        }
    }
}

impl fmt::Debug for ReadBuf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBuf")
            .field("filled", &self.filled)
            .field("init", &self.init)
            .field("capacity", &self.raw.len())
            .finish()
    }
}

impl ReadBufCursor<'_> {
    /// All of the unfilled part.
    ///
    /// # Safety
    ///
    /// The caller must not de-initialise any byte of it: part of it may be initialised already, and
    /// is relied upon to stay so.
    #[inline]
    pub unsafe fn as_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        &mut self.raw[*self.filled..]
    }

    /// Declares the next `n` bytes filled.
    ///
    /// # Safety
    ///
    /// The next `n` bytes must exist, that is, `n` is at most
    /// [`remaining`](ReadBufCursor::remaining), and must have been initialised.
    ///
    /// # Panics
    ///
    /// If the count of filled bytes overflows `usize`.
    #[inline]
    pub unsafe fn advance(&mut self, n: usize) {
        let filled = self
            .filled
            .checked_add(n)
            .expect("the count of filled bytes fits a usize");
        *self.filled = filled;
        *self.init = filled.max(*self.init);
    }

    /// How many bytes can still be filled.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.raw.len() - *self.filled
    }

    /// Copies `src` to the front of the unfilled part, and declares it filled.
    ///
    /// # Panics
    ///
    /// If `src` is longer than [`remaining`](ReadBufCursor::remaining).
    #[inline]
    pub fn put_slice(&mut self, src: &[u8]) {
        let remaining = self.remaining();
        assert!(
            src.len() <= remaining,
            "a slice of {} bytes must fit the {remaining} unfilled ones",
            src.len(),
        );
        // SAFETY: `MaybeUninit<u8>` has the layout of `u8`, and anything initialised may be seen as
        // maybe so. The slice is shared, so nobody can de-initialise it.
        let src = unsafe { &*(src as *const [u8] as *const [MaybeUninit<u8>]) };
        // SAFETY: the bytes copied there are initialised ones.
        unsafe { self.as_mut()[..src.len()].copy_from_slice(src) };
        // SAFETY: these bytes exist, as just asserted, and were just initialised.
        unsafe { self.advance(src.len()) };
    }

    /// All of the unfilled part as plain bytes.
    ///
    /// Those that were never initialised are set to zero first; the others keep their values.
    /// Nothing is declared filled; to do that, call [`advance`](ReadBufCursor::advance).
    #[inline]
    pub fn initialize_unfilled(&mut self) -> &mut [u8] {
        self.initialize_unfilled_to(self.remaining())
    }

    /// The first `n` bytes of the unfilled part as plain bytes; see
    /// [`initialize_unfilled`](ReadBufCursor::initialize_unfilled).
    ///
    /// # Panics
    ///
    /// If `n` is greater than [`remaining`](ReadBufCursor::remaining).
    #[inline]
    pub fn initialize_unfilled_to(&mut self, n: usize) -> &mut [u8] {
        let remaining = self.remaining();
        assert!(
            n <= remaining,
            "cannot initialise {n} bytes where {remaining} are unfilled"
        );
        let (start, end) = (*self.filled, *self.filled + n);
        if *self.init < end {
            self.raw[*self.init..end].fill(MaybeUninit::new(0));
            *self.init = end;
        }
        // SAFETY: `end <= init` by now, and the first `init` bytes are initialised. The caller gets
        // plain bytes, which cannot be de-initialised.
        unsafe { assume_init_mut(&mut self.raw[start..end]) }
    }
}

/// # Safety
///
/// All of `bytes` must be initialised.
unsafe fn assume_init(bytes: &[MaybeUninit<u8>]) -> &[u8] {
    // SAFETY: `MaybeUninit<u8>` has the layout of `u8`; the caller promises that the bytes are
    // initialised.
    unsafe { &*(bytes as *const [MaybeUninit<u8>] as *const [u8]) }
}

/// # Safety
///
/// All of `bytes` must be initialised.
unsafe fn assume_init_mut(bytes: &mut [MaybeUninit<u8>]) -> &mut [u8] {
    // SAFETY: `MaybeUninit<u8>` has the layout of `u8`; the caller promises that the bytes are
    // initialised.
    unsafe { &mut *(bytes as *mut [MaybeUninit<u8>] as *mut [u8]) }
}

macro_rules! through_pointer {
    ($($pointer:ty),*) => {$(
        impl<T: ?Sized + Read + Unpin> Read for $pointer {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: ReadBufCursor<'_>,
            ) -> Poll<Result<()>> {
                Pin::new(&mut **self).poll_read(cx, buf)
            }
        }

        impl<T: ?Sized + Write + Unpin> Write for $pointer {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<Result<usize>> {
                Pin::new(&mut **self).poll_write(cx, buf)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
                Pin::new(&mut **self).poll_flush(cx)
            }

            fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
                Pin::new(&mut **self).poll_shutdown(cx)
            }

            fn is_write_vectored(&self) -> bool {
                (**self).is_write_vectored()
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<Result<usize>> {
                Pin::new(&mut **self).poll_write_vectored(cx, bufs)
            }
        }
    )*};
}

through_pointer!(&mut T, Box<T>);

impl<P> Read for Pin<P>
where
    P: DerefMut,
    P::Target: Read,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<Result<()>> {
        self.as_deref_mut().poll_read(cx, buf)
    }
}

impl<P> Write for Pin<P>
where
    P: DerefMut,
    P::Target: Write,
{
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.as_deref_mut().poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.as_deref_mut().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.as_deref_mut().poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        (**self).is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.as_deref_mut().poll_write_vectored(cx, bufs)
    }
}

/// [`Read::poll_read`] of at most `limit` bytes to the end of `bytes`. Ready with how many were added: none means that
/// the transport has ended, unless `limit` is zero. Wakes as `poll_read` does.
#[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
pub(crate) fn poll_read_append<R: Read>(
    io: Pin<&mut R>,
    cx: &mut Context<'_>,
    bytes: &mut BytesMut,
    limit: usize,
) -> Poll<Result<usize>> {
    bytes.reserve(limit);
    let mut buf = ReadBuf::uninit(&mut bytes.spare_capacity_mut()[..limit]);
    ready!(io.poll_read(cx, buf.unfilled()))?;
    let filled = buf.filled;
    // SAFETY: the first `filled` bytes of the spare capacity are there and initialised: that is the invariant of
    // `ReadBuf`, whose memory they are.
    unsafe { bytes.set_len(bytes.len() + filled) };
    Poll::Ready(Ok(filled))
}

impl dyn Sleep {
    /// This pinned sleep as the concrete type `T` it is; `None` if it is another.
    pub fn downcast_mut_pin<T>(self: Pin<&mut Self>) -> Option<Pin<&mut T>>
    where
        T: Sleep + 'static,
    {
        if !self.is::<T>() {
            return None;
        }
        // SAFETY: the value stays where it is and is handed out pinned again; only what the pointer
        // is known to point at changes. It does point at a `T`: `is` compares the `TypeId` from a
        // method that only this crate can define.
        let concrete =
            unsafe { self.map_unchecked_mut(|sleep| &mut *(sleep as *mut dyn Sleep).cast::<T>()) };
        Some(concrete)
    }
}

#[cfg(test)]
mod tests;
