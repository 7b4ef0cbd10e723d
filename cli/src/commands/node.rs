//! `isnad node`: listens, connects, syncs, and serves the local API until it is told to stop.

use std::sync::Arc;

use isnad_node::api::Socket;
use isnad_node::config::Config;
use isnad_node::node::{Addresses, Node, Options};
use isnad_protocol::locale;
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::NodeArgs;
use crate::error::{DONE, Outcome, Problem};
use crate::output::pasted;
use crate::session::Session;

#[derive(Serialize)]
struct Ready {
    ready: bool,
    listening: Vec<String>,
}

pub(crate) async fn run(session: &Session, args: NodeArgs) -> Outcome {
    let home = session.home()?;
    let config = Config::load(&home.config())?;
    let listen = if args.listen.is_empty() { config.listen } else { args.listen };
    let expected = listen.len();
    let clean = |address: String| pasted(&address).to_owned();
    let listen = listen.into_iter().map(clean).collect();
    let peers = config.peers.into_iter().chain(args.peer).map(clean).collect();
    let unlocker = Some(session.unlocker()?);
    let socket = home.socket();
    let network = Some(Addresses { listen, peers });
    let printer = session.printer;
    let language = session.language;
    let mut told = |frames: u64| printer.aside(locale::counted(language, "index", frames, &[]));
    let node = Arc::new(Node::start(Options { home, unlocker, network }, &mut told).await?);
    // Before it says that it is ready: whoever waits for that word may use the socket at once.
    let socket = Socket::bind(&socket)?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(socket.serve(Arc::clone(&node), async { drop(stopped.await) }));
    let listening = node.listening(expected).await;
    // Before it says that it is ready, too: whoever waits for that word may end it at once.
    let stops = Stops::listen()?;
    printer.either(&Ready { ready: true, listening }, |ready| {
        let at = |address: &String| super::reading::listening(language, address);
        let mut lines: Vec<String> = ready.listening.iter().map(at).collect();
        lines.push(locale::word(language, "node.ready").to_owned());
        lines.join("\n")
    });
    stops.wait().await;
    printer.aside(locale::word(language, "node.stopping"));
    // The receiver is gone if the API failed: its own error says why.
    let _ = stop.send(());
    served.await.map_err(|error| Problem::fault(error.to_string()))??;
    if let Some(node) = Arc::into_inner(node) {
        node.stop().await;
    }
    Ok(DONE)
}

/// What ends a node: the signals of a terminal and of whoever runs services.
struct Stops {
    interrupt: Signal,
    terminate: Signal,
}

impl Stops {
    fn listen() -> Result<Self, Problem> {
        let listen = |kind| signal(kind).map_err(|error| Problem::fault(error.to_string()));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
