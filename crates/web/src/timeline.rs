//! Messages as a reader sees them: by day, and in runs by one author.

use concerted_client::view::MessageView;

/// Messages of one author further apart than this do not stand together: 10 minutes.
const RUN_MS_MAX: u64 = 10 * 60 * 1000;

/// A message and how it stands among its neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The message.
    pub message: MessageView,
    /// Whether it is the first of its day.
    pub opens_day: bool,
    /// Whether the author is to be named above it.
    pub opens_run: bool,
    /// For messages that cannot be read here: how many of them this row stands for. Otherwise 0.
    pub unreadable: u64,
}

impl Row {
    /// Different for rows that look different, the same for those that do not.
    pub fn key(&self, index: usize) -> (Option<u64>, usize, bool, bool, u64) {
        let place = if self.message.sequence.is_some() { 0 } else { index };
        (self.message.sequence, place, self.opens_day, self.opens_run, self.unreadable)
    }
}

/// The messages of one thread, or of all, as rows. `day_of` gives the number of the day of a time.
pub fn rows(messages: &[MessageView], thread: Option<&str>, day_of: impl Fn(u64) -> i64) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for message in messages.iter().filter(|message| thread.is_none_or(|thread| message.thread == thread)) {
        let before = rows.last().map(|row| &row.message);
        let opens_day = before.is_none_or(|before| day_of(before.time_ms) != day_of(message.time_ms));
        let unreadable = u64::from(message.text.is_none());
        if let Some(last) = rows.last_mut().filter(|last| last.unreadable > 0 && unreadable > 0) {
            last.unreadable += 1;
            continue;
        }
        let before = rows.last().map(|row| &row.message);
        let goes_on = before.is_some_and(|before| {
            before.author == message.author
                && before.text.is_some()
                && before.thread == message.thread
                && message.time_ms.saturating_sub(before.time_ms) <= RUN_MS_MAX
        });
        rows.push(Row { message: message.clone(), opens_day, opens_run: opens_day || !goes_on, unreadable });
    }
    rows
}

/// The named threads, the one used last first.
pub fn threads(messages: &[MessageView]) -> Vec<String> {
    let mut threads: Vec<String> = Vec::new();
    for message in messages.iter().rev() {
        if !message.thread.is_empty() && !threads.contains(&message.thread) {
            threads.push(message.thread.clone());
        }
    }
    threads
}

/// The place of a colour, out of `colours`, that an author keeps.
pub fn colour_of(author: &str, colours: u32) -> u32 {
    author.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % colours.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 86_400_000;

    fn message(author: &str, time_ms: u64, thread: &str) -> MessageView {
        MessageView {
            sequence: Some(time_ms),
            author: author.into(),
            nickname: author.into(),
            thread: thread.into(),
            text: Some("hello".into()),
            time_ms,
            mine: false,
        }
    }

    fn marks(messages: &[MessageView], thread: Option<&str>) -> Vec<(bool, bool)> {
        let day_of = |ms: u64| i64::try_from(ms / DAY_MS).expect("small");
        rows(messages, thread, day_of).iter().map(|row| (row.opens_day, row.opens_run)).collect()
    }

    #[test]
    fn messages_stand_by_day_and_author() {
        let messages = [
            message("a", 0, ""),
            message("a", 1000, ""),
            message("b", 2000, ""),
            message("b", 2000 + RUN_MS_MAX + 1, ""),
            message("b", DAY_MS, ""),
            message("b", DAY_MS + 1, "rota"),
        ];
        let expected =
            [(true, true), (false, false), (false, true), (false, true), (true, true), (false, true)];
        assert_eq!(marks(&messages, None), expected);
        assert_eq!(marks(&messages, Some("rota")), [(true, true)]);
        assert_eq!(marks(&messages, Some("")).len(), 5);
    }

    #[test]
    fn messages_that_cannot_be_read_are_one_row() {
        let unreadable = |time_ms| MessageView { text: None, ..message("a", time_ms, "") };
        let messages =
            [unreadable(0), unreadable(DAY_MS), unreadable(DAY_MS + 1), message("a", DAY_MS + 2, "")];
        let rows = rows(&messages, None, |ms| i64::try_from(ms / DAY_MS).expect("small"));
        assert_eq!(rows.iter().map(|row| row.unreadable).collect::<Vec<u64>>(), [3, 0]);
        assert!(rows[1].opens_run);
    }

    #[test]
    fn threads_are_listed_by_last_use() {
        let messages =
            [message("a", 0, "rota"), message("a", 1, "pay"), message("a", 2, ""), message("a", 3, "rota")];
        assert_eq!(threads(&messages), ["rota", "pay"]);
    }

    #[test]
    fn unsent_messages_keep_apart() {
        let mut unsent = message("a", 5, "");
        unsent.sequence = None;
        let rows = rows(&[unsent.clone(), unsent], None, |_| 0);
        assert_ne!(rows[0].key(0), rows[1].key(1));
        assert!(colour_of("abc", 8) < 8);
    }
}
