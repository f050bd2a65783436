//! What page and worker say to each other, as JSON.
//!
//! The page says what the user wants and which body is on the screen. The worker answers commands by number
//! and sends views whenever what they show has changed; views are always whole, so a message lost or late does
//! no harm.

use concerted_client::command::{Command, Reply};
use concerted_client::view::{AppView, BodyView, FailureView};
use serde::{Deserialize, Serialize};

/// From the page to the worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToWorker {
    /// The passphrase that opens the store.
    Unlock {
        /// As typed.
        passphrase: String,
    },
    /// Run here, and ask the tab that has the store to let go.
    TakeOver,
    /// Show this body from now on; none to show only the list.
    Look {
        /// Its id.
        body: Option<String>,
    },
    /// Do this.
    Command {
        /// Comes back in the answer.
        id: u64,
        /// What to do.
        command: Command,
    },
    /// The page is looked at again, or the network is back: catch up.
    Awake,
}

/// From the worker to the page.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToPage {
    /// The worker listens.
    Up,
    /// Another tab has the store.
    Elsewhere,
    /// A passphrase is needed.
    Locked {
        /// Whether the one just given was wrong.
        wrong: bool,
    },
    /// The store cannot be read.
    Damaged,
    /// The store cannot be opened or written; the worker has stopped.
    StorageFailed {
        /// The browser's own words.
        text: String,
    },
    /// The worker has come to a point that it should never reach, and has stopped.
    Crashed {
        /// Where, for those who can repair it.
        text: String,
    },
    /// What is on this device.
    App {
        /// The view.
        view: AppView,
    },
    /// The body looked at; none if it is not here.
    Body {
        /// The view.
        view: Option<Box<BodyView>>,
    },
    /// A command is done.
    Done {
        /// The command's number.
        id: u64,
        /// What it gives back.
        reply: Reply,
    },
    /// A command is refused or has failed.
    Failed {
        /// The command's number.
        id: u64,
        /// Why.
        failure: FailureView,
    },
    /// Everything is deleted; the page should forget what it has and start anew.
    Wiped,
}
