//! `concerted serve`: the relay, with the web app in the binary.

use std::io::IsTerminal;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use concerted_client::relay_url;
use concerted_relay::server::{ServeConfig, Server, StaticApp};

use crate::args::ServeOptions;
use crate::embedded::ASSETS;

pub(crate) fn run(options: ServeOptions) -> Result<()> {
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).with_ansi(colours).init();
    let mut config = ServeConfig::new(options.listen, options.data);
    config.public_url = options.public_url.map(|url| relay_url(&url)).transpose()?;
    config.behind_proxy = options.behind_proxy;
    config.app = StaticApp(ASSETS);
    let public_url = config.public_url.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    runtime.block_on(async {
        let server = Server::bind(config).await?;
        announce(server.local_addr(), public_url.as_deref());
        server.run(asked_to_stop()).await.context("the relay has stopped")
    })
}

fn announce(local: SocketAddr, public_url: Option<&str>) {
    let address = public_url.map_or_else(|| format!("http://{local}"), str::to_owned);
    println!("Concerted is ready. Open {address}");
    if ASSETS.is_empty() {
        println!("The web app is not in this binary; `cargo xtask run` builds one that has it.");
    }
    if address.starts_with("https://") {
        return;
    }
    if public_url.is_none() && local.ip().is_loopback() {
        println!("Only this computer can reach it, and for trying it out here plain http is enough.");
    }
    println!(
        "For phones it is not: without https, browsers refuse what the app needs. It cannot be installed, does not\n\
         work off line and may lose its store, and whoever is on the same network could alter the app on its way.\n\
         Put a proxy with a certificate in front and pass --public-url https://…"
    );
}

async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
