//! A phone: a headless browser of its own, 360 pixels wide, and what its user does.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities};

use crate::support::TempDir;

/// Longest wait for something to appear on the screen.
const PATIENCE: Duration = Duration::from_secs(40);

/// A driver process; it and its browsers end when this is dropped.
pub(crate) struct DriverProcess {
    child: Child,
    address: SocketAddr,
}

impl DriverProcess {
    pub(crate) fn start() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let program = std::env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let child = Command::new(program)
            .arg(format!("--port={}", address.port()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own, so that the browsers end with it.
            .process_group(0)
            .spawn()
            .expect("chromedriver starts");
        let driver = Self { child, address };
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < end, "chromedriver does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        driver
    }
}

impl Drop for DriverProcess {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// Someone's phone.
pub(crate) struct Phone {
    pub(crate) browser: WebDriver,
    app: String,
    _profile: TempDir,
}

impl Phone {
    /// A new phone that opens the app at `app`.
    pub(crate) async fn new(driver: &DriverProcess, app: &str) -> Self {
        Self::with(driver, app, "en-GB").await
    }

    /// A new phone set to a language.
    pub(crate) async fn with(driver: &DriverProcess, app: &str, language: &str) -> Self {
        let profile = TempDir::new();
        let mut wishes = ChromeCapabilities::new();
        if let Some(chromium) = std::env::var_os("CHROMIUM") {
            wishes.set_binary(chromium.to_str().unwrap()).unwrap();
        }
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=360,740",
        ] {
            wishes.add_arg(argument).unwrap();
        }
        wishes.add_arg(&format!("--lang={language}")).unwrap();
        wishes.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        let screen = serde_json::json!({
            "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 2.0, "touch": true },
        });
        wishes.add_experimental_option("mobileEmulation", screen).unwrap();
        let preferences = serde_json::json!({ "intl.accept_languages": language });
        wishes.add_experimental_option("prefs", preferences).unwrap();
        let browser =
            WebDriver::new(format!("http://{}", driver.address), wishes).await.expect("a browser starts");
        browser.goto(app).await.unwrap();
        Self { browser, app: app.to_owned(), _profile: profile }
    }

    /// Opens a link, as from a message.
    pub(crate) async fn open(&self, link: &str) {
        self.browser.goto(link).await.unwrap();
    }

    pub(crate) async fn reload(&self) {
        self.browser.refresh().await.unwrap();
    }

    /// Opens the app's first screen.
    pub(crate) async fn home(&self) {
        self.open(&format!("{}/#/", self.app)).await;
    }

    /// The element with a test id, once it is on the screen.
    pub(crate) async fn find(&self, id: &str) -> WebElement {
        self.find_css(&format!("[data-testid='{id}']")).await
    }

    pub(crate) async fn find_css(&self, css: &str) -> WebElement {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Ok(element) = self.browser.find(By::Css(css)).await {
                return element;
            }
            if Instant::now() > end {
                let source =
                    self.browser.find(By::Tag("body")).await.unwrap().text().await.unwrap_or_default();
                self.picture("failure").await;
                panic!("{css} does not appear; the screen says:\n{source}");
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    /// Taps an element; tries again while the screen is being drawn anew.
    pub(crate) async fn tap(&self, id: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let element = self.find(id).await;
            let _ = element.scroll_into_view().await;
            match element.click().await {
                Ok(()) => return,
                Err(error) => assert!(Instant::now() < end, "cannot tap {id}: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }

    /// Taps and confirms.
    pub(crate) async fn tap_and_confirm(&self, id: &str) {
        self.tap(id).await;
        self.tap(&format!("{id}-confirm")).await;
    }

    /// Types into a field, replacing what is there.
    pub(crate) async fn type_in(&self, id: &str, text: &str) {
        let field = self.find(id).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Comes to the only committee's talk, from wherever the app is.
    pub(crate) async fn open_committee(&self) {
        let end = Instant::now() + PATIENCE;
        while self.browser.find(By::Css("[data-testid='message-input']")).await.is_err() {
            if let Ok(row) = self.browser.find(By::Css("[data-testid='committee']")).await {
                let _ = row.click().await;
            }
            if Instant::now() > end {
                self.picture("failure").await;
                panic!("no committee to open");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn text(&self, id: &str) -> String {
        self.find(id).await.text().await.unwrap()
    }

    /// Waits until `holds` of the texts of all elements with a test id.
    pub(crate) async fn until(&self, id: &str, what: &str, holds: impl Fn(&[String]) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            let texts = self.texts(id).await;
            if holds(&texts) {
                return;
            }
            if Instant::now() > end {
                self.picture("failure").await;
                panic!("{what}: {texts:?}");
            }
            tokio::time::sleep(Duration::from_millis(80)).await;
        }
    }

    /// The texts of all elements with a test id, shown or not.
    pub(crate) async fn texts(&self, id: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(`[data-testid='${arguments[0]}']`)].map(e => e.textContent)";
        let found = self.browser.execute(script, vec![serde_json::json!(id)]).await;
        found.and_then(|found| found.convert()).unwrap_or_default()
    }

    /// Waits for a message that has arrived, or has not, and says `text`.
    pub(crate) async fn message(&self, text: &str, state: &str) {
        let css = format!("[data-testid='message'][data-state='{state}'] [data-testid='message-text']");
        let script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)";
        let end = Instant::now() + PATIENCE;
        loop {
            let found = self.browser.execute(script, vec![serde_json::json!(css)]).await;
            let texts: Vec<String> = found.and_then(|found| found.convert()).unwrap_or_default();
            if texts.iter().any(|shown| shown == text) {
                return;
            }
            if Instant::now() > end {
                self.picture("failure").await;
                panic!("no {state} message {text:?} among {texts:?}");
            }
            tokio::time::sleep(Duration::from_millis(80)).await;
        }
    }

    /// Notes the recovery words, and passes the check; the words.
    pub(crate) async fn note_words(&self) -> String {
        self.find("words").await;
        let mut words = Vec::new();
        for number in 1..=12 {
            words.push(self.text(&format!("word-{number}")).await);
        }
        self.tap("words-next").await;
        for at in 0..3 {
            let field = format!("words-check-{at}");
            self.find(&field).await;
            let script = "return document.querySelector(`[data-testid='${arguments[0]}']`).closest('[data-place]').dataset.place";
            let place = self.browser.execute(script, vec![serde_json::json!(field)]).await.unwrap();
            let place: usize = place.convert::<String>().unwrap().parse().unwrap();
            self.type_in(&field, &words[place - 1]).await;
        }
        self.tap("words-check-go").await;
        words.join(" ")
    }

    /// Starts a committee from the first screen; the recovery words.
    pub(crate) async fn start_committee(&self, name: &str, nickname: &str) -> String {
        self.tap("start").await;
        self.type_in("committee-name", name).await;
        self.type_in("nickname", nickname).await;
        self.tap("start-go").await;
        let words = self.note_words().await;
        self.find("message-input").await;
        words
    }

    /// Asks to join by a link, on a phone that has no account; the words.
    pub(crate) async fn join(&self, link: &str, nickname: &str) -> String {
        self.open(link).await;
        self.reload().await;
        self.find("join-name").await;
        self.tap("source-known").await;
        self.type_in("nickname", nickname).await;
        self.tap("join-go").await;
        let words = self.note_words().await;
        self.find("asking").await;
        words
    }

    pub(crate) async fn say(&self, text: &str) {
        self.type_in("message-input", text).await;
        self.tap("send").await;
    }

    /// Opens an invitation and gives its link.
    pub(crate) async fn invite(&self) -> String {
        self.tap("tab-invite").await;
        self.tap("invite").await;
        self.text("invite-link").await
    }

    /// The number of entries and the state hash that the app shows.
    pub(crate) async fn state(&self) -> (u64, String) {
        self.tap("tab-more").await;
        let head = self.texts("head").await;
        let state = self.texts("state-hash").await;
        let head = head.first().and_then(|head| head.trim().parse().ok()).unwrap_or(0);
        (head, state.first().map(|state| state.trim().to_owned()).unwrap_or_default())
    }

    /// A picture of the screen, where `CONCERTED_PICTURES` names a directory.
    pub(crate) async fn picture(&self, name: &str) {
        if let Some(directory) = std::env::var_os("CONCERTED_PICTURES") {
            let path = std::path::Path::new(&directory).join(format!("{name}.png"));
            let _ = self.browser.screenshot(&path).await;
        }
    }

    /// Closes the browser. A test that fails leaves this to the driver's guard.
    pub(crate) async fn close(self) {
        let _ = self.browser.quit().await;
    }
}
