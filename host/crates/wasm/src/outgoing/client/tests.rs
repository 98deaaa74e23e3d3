use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::{BodyExt, Empty, Full};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const WAITS: Waits = Waits {
    connect: Duration::from_secs(10),
    first_byte: Duration::from_secs(10),
    between_bytes: Duration::from_secs(10),
};

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// A server that gives each connection the same answer and then closes it, and counts them.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _accepting: AbortOnDropHandle<()>,
}

impl Server {
    async fn answering(answer: &str) -> Self {
        Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), answer).await
    }

    async fn at(address: SocketAddr, answer: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let answer = answer.to_owned();
        let accepting = AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    if stream.read_buf(&mut request).await.unwrap() == 0 {
                        break;
                    }
                }
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }));
        Self {
            address,
            connections,
            _accepting: accepting,
        }
    }

    async fn hello() -> Self {
        Self::answering(HELLO).await
    }

    fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn port(&self) -> u16 {
        self.address.port()
    }
}

/// A caller that may call `entries`, for whom names lead to these addresses, one answer a look-up.
fn caller(settings: HttpSettings, entries: &[&str], answers: &[&[IpAddr]]) -> Caller {
    let answers = answers.iter().map(|answer| answer.to_vec()).collect();
    let client = Client::with(settings, Resolver::Scripted(Mutex::new(answers)));
    let allowed = entries.iter().map(|entry| entry.parse().unwrap()).collect();
    client.caller(allowed)
}

async fn send<B>(
    caller: &Caller,
    request: Request<B>,
    waits: Waits,
) -> Result<Response<AnswerBody>, SendError>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    caller.way(request.uri())?.send(request, waits).await
}

async fn get(caller: &Caller, url: &str) -> Result<Bytes, SendError> {
    let request = Request::get(url).body(Empty::new()).unwrap();
    let answer = send(caller, request, WAITS).await?;
    Ok(answer.into_body().collect().await?.to_bytes())
}

#[tokio::test]
async fn an_answer_comes_back_whole() {
    let server = Server::hello().await;
    let entry = server.address.to_string();
    let caller = caller(HttpSettings::default(), &[&entry], &[]);
    let body = get(&caller, &format!("http://{entry}/a?b=c")).await;
    assert_eq!(body.unwrap(), "hello");
}

#[tokio::test]
async fn a_name_that_is_not_listed_is_not_even_looked_up() {
    let caller = caller(HttpSettings::default(), &["b.test"], &[]);
    let error = get(&caller, "http://a.test/").await.unwrap_err();
    assert!(matches!(error, SendError::Refused(_)), "{error}");
}

#[tokio::test]
async fn a_listed_name_that_leads_into_the_machine_is_not_connected_to() {
    let server = Server::hello().await;
    let entry = format!("a.test:{}", server.port());
    let caller = caller(HttpSettings::default(), &[&entry], &[&[server.ip()]]);
    let error = get(&caller, &format!("http://{entry}/")).await.unwrap_err();
    assert!(matches!(error, SendError::Refused(_)), "{error}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn only_the_answer_that_was_checked_is_connected_to() {
    let server = Server::hello().await;
    let elsewhere = SocketAddr::from(([127, 0, 0, 2], server.port()));
    let forbidden = Server::at(elsewhere, HELLO).await;
    let entry = format!("a.test:{}", server.port());
    let address = server.address.to_string();
    // The second answer would lead elsewhere; nobody may ask for it within one request.
    let answers: &[&[IpAddr]] = &[&[server.ip()], &[forbidden.ip()]];
    let caller = caller(HttpSettings::default(), &[&entry, &address], answers);
    let url = format!("http://{entry}/");
    assert_eq!(get(&caller, &url).await.unwrap(), "hello");
    assert_eq!((server.connections(), forbidden.connections()), (1, 0));
    let error = get(&caller, &url).await.unwrap_err();
    assert!(matches!(error, SendError::Refused(_)), "{error}");
    assert_eq!((server.connections(), forbidden.connections()), (1, 0));
}

#[tokio::test]
async fn addresses_that_are_refused_are_passed_over() {
    let server = Server::hello().await;
    let metadata = IpAddr::from([169, 254, 169, 254]);
    let entry = format!("a.test:{}", server.port());
    let address = server.address.to_string();
    let answers: &[&[IpAddr]] = &[&[metadata, server.ip()]];
    let caller = caller(HttpSettings::default(), &[&entry, &address], answers);
    let url = format!("http://{entry}/");
    assert_eq!(get(&caller, &url).await.unwrap(), "hello");
}

#[tokio::test]
async fn no_tunnel_is_opened_through_a_listed_host() {
    let caller = caller(HttpSettings::default(), &["127.0.0.1:1"], &[]);
    let request = Request::connect("http://127.0.0.1:1/");
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let sent = send(&caller, request, WAITS).await.map(drop);
    assert!(matches!(sent, Err(SendError::Method(_))), "{sent:?}");
}

#[tokio::test]
async fn a_head_is_bounded_both_ways() {
    let padding = "x".repeat(10_000);
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx: {padding}\r\n\r\n");
    let server = Server::answering(&answer).await;
    let entry = server.address.to_string();
    let settings = HttpSettings {
        head_bytes_max: 8 << 10,
        ..HttpSettings::default()
    };
    let caller = caller(settings, &[&entry], &[]);
    let url = format!("http://{entry}/");
    let error = get(&caller, &url).await.unwrap_err();
    assert!(matches!(error, SendError::Exchange { .. }), "{error}");

    let request = Request::get(url).header("x", padding);
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let sent = send(&caller, request, WAITS).await.map(drop);
    assert!(
        matches!(sent, Err(SendError::HeadTooLarge { .. })),
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_body_is_bounded_both_ways() {
    let settings = HttpSettings {
        body_bytes_max: 4,
        ..HttpSettings::default()
    };
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhello",
    ] {
        let server = Server::answering(answer).await;
        let entry = server.address.to_string();
        let caller = caller(settings.clone(), &[&entry], &[]);
        let error = get(&caller, &format!("http://{entry}/")).await.unwrap_err();
        assert!(matches!(error, SendError::AnswerTooLarge { .. }), "{error}");

        let request = Request::post(format!("http://{entry}/"));
        let request = request.body(Full::new(Bytes::from("hello"))).unwrap();
        let sent = send(&caller, request, WAITS).await.map(drop);
        assert!(
            matches!(sent, Err(SendError::RequestTooLarge { .. })),
            "{sent:?}"
        );
    }
}

#[tokio::test]
async fn connections_are_bounded_until_they_are_closed() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello").await;
    let entry = server.address.to_string();
    let settings = HttpSettings {
        connections_per_call_max: 1,
        ..HttpSettings::default()
    };
    let caller = caller(settings, &[&entry], &[]);
    let url = format!("http://{entry}/");
    let sent = |waits| {
        let request = Request::get(&url).body(Empty::<Bytes>::new()).unwrap();
        send(&caller, request, waits)
    };
    let first = sent(WAITS).await.unwrap();
    let impatient = Waits {
        connect: Duration::from_millis(50),
        ..WAITS
    };
    let second = sent(impatient).await.map(drop);
    assert!(
        matches!(second, Err(SendError::NoPlace { .. })),
        "{second:?}"
    );
    drop(first);
    sent(WAITS).await.map(drop).unwrap();
}
