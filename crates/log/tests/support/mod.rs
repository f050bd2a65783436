//! What the vector tests share.

#![allow(dead_code, unreachable_pub)]

pub mod book;
pub mod hand;
pub mod naive;
