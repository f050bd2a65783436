//! The screens.

pub(super) mod begin;
pub(super) mod bylaws;
pub(super) mod committee;
pub(super) mod home;
pub(super) mod invite;
pub(super) mod join;
pub(super) mod more;
pub(super) mod pairing;
pub(super) mod people;
pub(super) mod settings;
pub(super) mod stopped;
pub(super) mod talk;
pub(super) mod warnings;
