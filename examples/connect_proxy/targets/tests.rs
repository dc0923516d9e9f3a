use super::*;

fn read(text: &str, default_port: Option<u16>) -> Result<Target, &'static str> {
    let authority: Authority = text.parse().expect("this is an authority");
    Target::read(&authority, default_port)
}

fn addresses<const N: usize>(texts: [&str; N]) -> [SocketAddr; N] {
    texts.map(|text| text.parse().expect("this is an address"))
}

fn networks(texts: &[&str]) -> Vec<IpNet> {
    let networks = texts.iter().map(|text| text.parse());
    networks
        .map(|net| net.expect("this is a network"))
        .collect()
}

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 1));

#[test]
fn targets_are_shown_as_they_were_named() {
    for (text, shown) in [
        ("example.com:443", "example.com:443"),
        ("_dns.example-1.com.:53", "_dns.example-1.com.:53"),
        ("127.0.0.1:80", "127.0.0.1:80"),
        ("[2001:DB8::1]:8080", "[2001:db8::1]:8080"),
    ] {
        let target = read(text, None).expect(text);
        assert_eq!(target.to_string(), shown);
    }
}

#[test]
fn a_target_without_a_port_has_the_default_or_is_none() {
    assert_eq!(
        read("example.com", Some(80)).map(|target| target.port),
        Ok(80)
    );
    assert_eq!(read("[::1]", Some(443)).map(|target| target.port), Ok(443));
    for text in ["example.com", "[::1]"] {
        read(text, None).expect_err(text);
    }
}

#[test]
fn what_is_no_target_is_told() {
    let long = format!("{}:80", "a".repeat(254));
    for text in [
        "user@example.com:443",
        "user:password@example.com:443",
        "example.com:",
        "example.com:0",
        "example.com:65536",
        ":443",
        "ex*mple.com:443",
        "[fe80::1%25eth0]:443",
        "[127.0.0.1]:443",
        &long,
    ] {
        // Some of these are no authority already.
        if let Ok(authority) = text.parse::<Authority>() {
            Target::read(&authority, Some(80)).expect_err(text);
        }
    }
}

#[test]
fn a_host_field_leaves_out_the_port_that_goes_without_saying() {
    for (text, port, field) in [
        ("example.com:80", 80, "example.com"),
        ("example.com:8080", 80, "example.com:8080"),
        ("[2001:db8::1]:443", 443, "[2001:db8::1]"),
        ("[2001:db8::1]:443", 80, "[2001:db8::1]:443"),
    ] {
        let target = read(text, None).expect(text);
        assert_eq!(target.to_host_field(port), field);
    }
}

#[test]
fn special_addresses_are_prohibited() {
    let targets = Targets::new(Vec::new(), Vec::new());
    for text in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:a00:1::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        let ip: IpAddr = text.parse().expect("this is an address");
        let chosen = targets.choose([SocketAddr::new(ip, 443)], LOCAL);
        assert_eq!(chosen, Err(Prohibited::Address(ip)), "{text}");
    }
}

#[test]
fn public_addresses_are_allowed() {
    let targets = Targets::new(Vec::new(), Vec::new());
    for text in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
        "2001:4860:4860::8888",
        "2606:4700::1111",
        "2a00::1",
    ] {
        let address = SocketAddr::new(text.parse().expect("this is an address"), 443);
        assert_eq!(
            targets.choose([address], LOCAL),
            Ok(vec![address]),
            "{text}"
        );
    }
}

#[test]
fn an_allowed_network_is_reached_however_its_addresses_are_written() {
    let targets = Targets::new(networks(&["10.1.0.0/16", "fd00::/8"]), Vec::new());
    let allowed = addresses([
        "10.1.2.3:80",
        "[::ffff:10.1.2.3]:80",
        "[64:ff9b::a01:203]:80",
        "[fd00::1]:80",
    ]);
    for address in allowed {
        assert_eq!(targets.choose([address], LOCAL), Ok(vec![address]));
    }
    for address in addresses(["10.2.0.1:80", "[::ffff:10.2.0.1]:80", "[fc00::1]:80"]) {
        targets
            .choose([address], LOCAL)
            .expect_err("this is outside");
    }
}

#[test]
fn of_several_addresses_the_allowed_are_kept_in_order_and_once() {
    let targets = Targets::new(Vec::new(), Vec::new());
    let found = addresses([
        "127.0.0.1:443",
        "9.9.9.9:443",
        "8.8.8.8:443",
        "9.9.9.9:443",
        "10.0.0.1:443",
    ]);
    let chosen = targets.choose(found, LOCAL);
    assert_eq!(
        chosen,
        Ok(addresses(["9.9.9.9:443", "8.8.8.8:443"]).to_vec())
    );
}

#[test]
fn no_more_than_eight_addresses_are_tried() {
    let targets = Targets::new(Vec::new(), Vec::new());
    let found = (1..=20).map(|last| SocketAddr::from(([9, 9, 9, last], 443)));
    assert_eq!(
        targets.choose(found, LOCAL).map(|chosen| chosen.len()),
        Ok(8)
    );
}

#[test]
fn the_proxy_does_not_connect_to_itself() {
    let everything = networks(&["0.0.0.0/0", "::/0"]);
    let own = addresses(["127.0.0.1:3128", "0.0.0.0:3443", "[::1]:9128"]);
    let targets = Targets::new(everything, own.to_vec());
    for address in addresses([
        "127.0.0.1:3128",
        "[::ffff:127.0.0.1]:3128",
        "0.0.0.0:3128",
        "127.0.0.2:3443",
        "192.168.1.1:3443",
        "[::1]:3443",
        "[::1]:9128",
        "[::]:9128",
    ]) {
        assert_eq!(
            targets.choose([address], LOCAL),
            Err(Prohibited::Itself),
            "{address}"
        );
    }
    for address in addresses([
        "127.0.0.1:80",
        "127.0.0.2:3128",
        "192.168.1.2:3443",
        "127.0.0.1:9128",
    ]) {
        assert_eq!(
            targets.choose([address], LOCAL),
            Ok(vec![address]),
            "{address}"
        );
    }
}

#[test]
fn ports_are_those_that_were_given() {
    let ports = Ports::These([80, 443].into());
    assert!(ports.allow(80) && ports.allow(443));
    assert!(!ports.allow(22) && !ports.allow(8080));
    assert!(Ports::Any.allow(22));
}
