//! Property strings: `local-lvm:vm-100-disk-0,size=8G,backup=1` in guest configs, `keep-last=3,keep-weekly=4` in
//! section configs.
//!
//! Splitting only; which keys exist and what their values may be is [`crate::model::schema`].
