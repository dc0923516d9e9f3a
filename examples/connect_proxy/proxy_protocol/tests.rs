use std::io::Cursor;

use ppp::v2::{Builder, Protocol, Version};

use super::*;

async fn read(bytes: &[u8]) -> (Result<Option<SocketAddr>, Cause>, usize) {
    let mut io = Cursor::new(bytes);
    let read = read_header(&mut io).await;
    (
        read.map_err(|refusal| refusal.cause),
        io.position() as usize,
    )
}

fn proxied(source: &str, destination: &str) -> Vec<u8> {
    let addresses: (SocketAddr, SocketAddr) = (
        source.parse().expect("this is an address"),
        destination.parse().expect("this is an address"),
    );
    let header =
        Builder::with_addresses(Version::Two | Command::Proxy, Protocol::Stream, addresses);
    header.build().expect("these are addresses of one family")
}

#[tokio::test]
async fn the_clients_address_is_read_and_nothing_behind_the_header() {
    for (source, destination) in [
        ("192.0.2.1:5000", "192.0.2.2:443"),
        ("[2001:db8::1]:5000", "[2001:db8::2]:443"),
    ] {
        let header = proxied(source, destination);
        let length = header.len();
        let bytes = [&header[..], b"GET /"].concat();
        let client = source.parse().expect("this is an address");
        assert_eq!(read(&bytes).await, (Ok(Some(client)), length));
    }
}

#[tokio::test]
async fn what_balancers_add_is_passed_over() {
    let addresses = ("192.0.2.1:5000", "192.0.2.2:443");
    let addresses: (SocketAddr, SocketAddr) = (
        addresses.0.parse().expect("this is an address"),
        addresses.1.parse().expect("this is an address"),
    );
    let header =
        Builder::with_addresses(Version::Two | Command::Proxy, Protocol::Stream, addresses)
            .write_tlv(2_u8, b"proxy.example")
            .and_then(Builder::build)
            .expect("this is a header");
    assert_eq!(read(&header).await, (Ok(Some(addresses.0)), header.len()));
}

#[tokio::test]
async fn a_balancer_that_speaks_for_itself_names_nobody() {
    let header = Builder::new(Version::Two | Command::Local, 0_u8).build();
    let header = header.expect("this is a header");
    assert_eq!(read(&header).await, (Ok(None), 16));
}

#[tokio::test]
async fn what_is_no_header_of_version_2_is_refused() {
    let whole = proxied("192.0.2.1:5000", "192.0.2.2:443");
    let mut of_version_3 = whole.clone();
    of_version_3[12] = 0x31;
    let mut too_short = whole.clone();
    too_short[15] = 4;
    let mut too_long = whole.clone();
    too_long[14] = 0xff;
    for bytes in [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n" as &[u8],
        b"CONNECT example.com:443 HTTP/1.1\r\n\r\n",
        b"",
        &whole[..13],
        &whole[..20],
        &of_version_3,
        &too_short,
        &too_long,
    ] {
        assert_eq!(read(bytes).await.0, Err(Cause::ProxyProtocol), "{bytes:?}");
    }
}
