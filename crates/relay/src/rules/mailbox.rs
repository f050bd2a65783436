//! Mailboxes: open for a while, readable with a token, and gone for good after.

use concerted_log::id::{MailboxId, TokenHash};
use concerted_log::message::{Mail, Refusal};

use crate::change::{News, Outcome};
use crate::rules::{Applied, Failure};
use crate::store::{Mailbox, OpenBox, Tables, View};

/// The mailbox, if it is open at `now_ms`.
pub(crate) fn find(view: &dyn View, id: &MailboxId, now_ms: u64) -> Result<OpenBox, Failure> {
    match view.mailbox(id)? {
        Some(Mailbox::Open(mailbox)) if now_ms < mailbox.closes_ms => Ok(mailbox),
        _ => Err(Refusal::NotFound.into()),
    }
}

/// The mailbox, if it is open and the token opens it.
pub(crate) fn find_own(
    view: &dyn View,
    id: &MailboxId,
    token: &TokenHash,
    now_ms: u64,
) -> Result<OpenBox, Failure> {
    let mailbox = find(view, id, now_ms)?;
    if mailbox.token == *token { Ok(mailbox) } else { Err(Refusal::Token.into()) }
}

/// Opens a mailbox. Repeated alike it is done already and stays open no longer.
pub(crate) fn open(tables: &mut dyn Tables, id: &MailboxId, mailbox: &OpenBox) -> Result<Applied, Failure> {
    let opened_ms = mailbox.closes_ms.saturating_sub(mailbox.open_ms);
    if tables.mailbox(id)?.is_some() {
        let there = find(tables, id, opened_ms)?;
        let alike =
            (&there.token, &there.card, there.open_ms) == (&mailbox.token, &mailbox.card, mailbox.open_ms);
        return if alike { Ok(Applied::quietly(Outcome::Done)) } else { Err(Refusal::Taken.into()) };
    }
    tables.open_mailbox(id, mailbox)?;
    Ok(Applied::quietly(Outcome::Done))
}

/// Puts a message. The same message twice is one message.
pub(crate) fn put(
    tables: &mut dyn Tables,
    id: MailboxId,
    message: Vec<u8>,
    most: u64,
    now_ms: u64,
) -> Result<Applied, Failure> {
    find(tables, &id, now_ms)?;
    if tables.has_mail(&id, &message)? {
        return Ok(Applied::quietly(Outcome::Done));
    }
    let count = tables.mail_count(&id)?;
    if count >= most {
        return Err(Refusal::Full(most).into());
    }
    let mail = Mail { number: count + 1, message };
    tables.push_mail(&id, &mail)?;
    Ok(Applied { outcome: Outcome::Done, news: vec![News::Mail { id, mail }] })
}

/// Closes a mailbox for good and deletes its content.
pub(crate) fn close(
    tables: &mut dyn Tables,
    id: MailboxId,
    token: &TokenHash,
    now_ms: u64,
) -> Result<Applied, Failure> {
    find_own(tables, &id, token, now_ms)?;
    tables.close_mailbox(&id)?;
    Ok(Applied { outcome: Outcome::Done, news: vec![News::Closed(id)] })
}
