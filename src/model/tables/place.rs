//! Texts and lists of the tables, by place instead of by address.
//!
//! An address in static data is filled in by the loader each time the program starts, whether it is used or not, and ten thousand
//! of them take longer than checking a file. A place is two numbers, so that a table of them is read from disk when it is used.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::{Serialize, Serializer};

use crate::release::Release;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// A text of the tables. It is used like the `&'static str` that it stands for.
#[derive(Clone, Copy)]
pub struct Text {
    at: u32,
    len: u32,
}

impl Text {
    pub(crate) const fn at(at: u32, len: u32) -> Self {
        Self { at, len }
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let at = self.at as usize;
        TEXTS.get(at..at + self.len as usize).unwrap_or_default()
    }

    /// Its bytes, for comparing it with what stands in a file.
    #[must_use]
    pub fn as_bytes(self) -> &'static [u8] {
        let at = self.at as usize;
        TEXTS.as_bytes().get(at..at + self.len as usize).unwrap_or_default()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text {}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

/// What lists of the tables are made of.
pub trait Listed: Sized + 'static {
    /// The elements of all lists, one list behind the other.
    fn pool() -> &'static [Self];
}

/// A list of the tables. It is used like the `&'static [T]` that it stands for.
pub struct List<T> {
    at: u32,
    len: u32,
    of: PhantomData<T>,
}

impl<T: Listed> List<T> {
    pub(crate) const fn at(at: u32, len: u32) -> Self {
        Self { at, len, of: PhantomData }
    }

    /// The list itself.
    #[must_use]
    pub fn as_slice(self) -> &'static [T] {
        let at = self.at as usize;
        T::pool().get(at..at + self.len as usize).unwrap_or_default()
    }

    /// Its elements.
    pub fn iter(self) -> std::slice::Iter<'static, T> {
        self.as_slice().iter()
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T: Listed> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: Listed> IntoIterator for List<T> {
    type Item = &'static T;
    type IntoIter = std::slice::Iter<'static, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Listed + PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Listed + Eq> Eq for List<T> {}

impl<T: Listed + fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: Listed + Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
