use super::Protocol;

#[test]
fn every_way_to_make_a_protocol_gives_the_same_one() {
    const STATIC: Protocol = Protocol::from_static("websocket");
    let all = [
        STATIC,
        Protocol::from(String::from("websocket").as_str()),
        Protocol::from_h2(h2::ext::Protocol::from_static("websocket")),
        STATIC.clone(),
    ];
    for protocol in all {
        assert_eq!(protocol, STATIC);
        assert_eq!(protocol.as_str(), "websocket");
        assert_eq!(protocol.as_ref(), b"websocket");
        assert!(format!("{protocol:?}").contains("\"websocket\""));
        assert_eq!(protocol.into_h2().as_str(), "websocket");
    }
    assert_ne!(STATIC, Protocol::from_static("connect-udp"));
}

#[test]
fn a_protocol_can_be_an_extension() {
    fn travels<T: Clone + Send + Sync + Unpin + 'static>() {}
    travels::<Protocol>();
}
