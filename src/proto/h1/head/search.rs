//! Where a head ends.
//!
//! A head may arrive a byte at a time. Looking for its end again from the start on each arrival, or
//! parsing it again, would cost its sender nothing and this side the square of its length.
//!
//! Invariants:
//! - Each byte is searched once, but for the three that the end may span.
//! - A head that is not complete is checked for errors at lengths that double, so all the checks of
//!   one head together look at twice its bytes.

/// Remembers what was seen of a head so far.
#[derive(Debug)]
pub(crate) struct HeadSearch {
    /// Bytes of empty lines before the head.
    skipped: usize,
    /// Bytes that need no second look, the skipped ones included.
    searched: usize,
    /// Line feeds among them, behind the skipped ones.
    lines: usize,
    /// The length from which on the next check is due.
    check_at: usize,
    #[cfg(test)]
    pub(crate) looked_at: usize,
}

/// What is known of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It has not begun.
    Nothing,
    /// It ends before this index. So many line feeds are in it.
    End { at: usize, lines: usize },
    /// It goes on. So many line feeds are in what is there.
    Open { lines: usize, check: Check },
}

/// Whether what is there should be checked for errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    Due,
    Later,
}

impl HeadSearch {
    pub(crate) fn new() -> HeadSearch {
        HeadSearch {
            skipped: 0,
            searched: 0,
            lines: 0,
            check_at: 1,
            #[cfg(test)]
            looked_at: 0,
        }
    }

    /// The length of the empty lines that `buf` begins with (RFC 9112, section 2.2). A lone CR at its
    /// end is none yet.
    pub(crate) fn skip_empty_lines(&mut self, buf: &[u8]) -> usize {
        if self.searched == self.skipped {
            loop {
                match &buf[self.skipped..] {
                    [b'\r', b'\n', ..] => self.skipped += 2,
                    [b'\n', ..] => self.skipped += 1,
                    _ => break,
                }
            }
            self.searched = self.skipped;
        }
        self.skipped
    }

    /// The skipped lines were taken out of the buffer.
    pub(crate) fn forget_skipped(&mut self) {
        self.searched -= self.skipped;
        self.skipped = 0;
    }

    /// Whether nothing of the head was looked at yet.
    pub(crate) fn is_untouched(&self) -> bool {
        self.searched == self.skipped && self.lines == 0 && self.check_at == 1
    }

    /// The first `length` bytes of the head were checked for errors, outside of here.
    pub(crate) fn was_checked(&mut self, length: usize) {
        self.check_at = length.saturating_mul(2).max(2);
        #[cfg(test)]
        {
            self.looked_at += length;
        }
    }

    /// Goes on where the last look at this head has ended. A head ends with an empty line; lines end
    /// with LF, which a CR may precede.
    pub(crate) fn look(&mut self, buf: &[u8]) -> Found {
        if matches!(buf[self.skipped..], [] | [b'\r']) {
            return Found::Nothing;
        }
        #[cfg(test)]
        {
            self.looked_at += buf.len() - self.searched;
        }
        while let Some(distance) = memchr::memchr(b'\n', &buf[self.searched..]) {
            let feed = self.searched + distance;
            let end = match &buf[feed + 1..] {
                [b'\n', ..] => feed + 2,
                [b'\r', b'\n', ..] => feed + 3,
                [] | [b'\r'] => {
                    // It may be the end, as the next bytes will tell.
                    self.searched = feed;
                    return self.open(buf, 1);
                }
                _ => {
                    self.searched = feed + 1;
                    self.lines += 1;
                    continue;
                }
            };
            return Found::End {
                at: end,
                lines: self.lines + 2,
            };
        }
        self.searched = buf.len();
        self.open(buf, 0)
    }

    fn open(&mut self, buf: &[u8], undecided: usize) -> Found {
        let length = buf.len() - self.skipped;
        let check = if length >= self.check_at {
            self.check_at = length.saturating_mul(2);
            #[cfg(test)]
            {
                self.looked_at += length;
            }
            Check::Due
        } else {
            Check::Later
        };
        Found::Open {
            lines: self.lines + undecided,
            check,
        }
    }
}

#[cfg(test)]
mod tests;
