//! user.cfg line by line: what PVE drops, reads differently from what is written, or overrides.

use crate::cluster::File;
use crate::model::user::UserCfg;
use crate::rules::Context;

pub mod line_unknown;
pub mod realm_unknown;

/// user.cfg, where there is one. Rules that need it are asked only then.
fn user_cfg<'a>(context: &Context<'a>) -> Option<&'a File<UserCfg<'a>>> {
    context.cluster.user.as_ref()
}
