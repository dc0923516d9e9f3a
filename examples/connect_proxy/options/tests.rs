use std::path::Path;

use super::*;

fn check(line: &str) -> Result<Settings, String> {
    let line = ["connect_proxy"].into_iter().chain(line.split_whitespace());
    let options = Options::try_parse_from(line).map_err(|error| error.to_string())?;
    options.check()
}

fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
    let addresses = texts.iter().map(|text| text.parse());
    addresses
        .map(|address| address.expect("this is an address"))
        .collect()
}

#[test]
fn without_options_it_listens_on_loopback_for_two_ports_of_targets() {
    let settings = check("").expect("no option is needed");
    assert_eq!(settings.listen, addresses(&["127.0.0.1:3128"]));
    assert_eq!(settings.listen_tls, []);
    assert_eq!(
        settings.admin,
        Admin(Some(addresses(&["127.0.0.1:9128"])[0]))
    );
    assert_eq!(settings.ports, Ports::These([80, 443].into()));
    assert!(settings.credentials.is_empty() && settings.allow.is_empty());
    let numbers = [
        settings.max_connections,
        settings.max_tunnels,
        settings.max_tunnels_per_connection,
        settings.send_buffer,
        settings.copy_buffer,
    ];
    assert_eq!(numbers, [4096, 8192, 100, 131_072, 16_384]);
    let seconds = [
        settings.head_timeout,
        settings.connect_timeout,
        settings.idle_timeout,
        settings.stalled_timeout,
        settings.drain_timeout,
    ];
    assert_eq!(seconds.map(|time| time.as_secs()), [10, 10, 600, 60, 30]);
}

#[test]
fn options_may_be_repeated_or_be_lists() {
    let settings = check(
        "--listen 127.0.0.1:1 --listen [::1]:2,127.0.0.2:3 --allow 10.0.0.0/8,fd00::/8 --allow 192.168.0.1 \
         --port 8080 --port 22,25 --credentials a:b,c:d --admin none",
    );
    let settings = settings.expect("these are good");
    assert_eq!(
        settings.listen,
        addresses(&["127.0.0.1:1", "[::1]:2", "127.0.0.2:3"])
    );
    let allowed: Vec<_> = settings.allow.iter().map(IpNet::to_string).collect();
    assert_eq!(allowed, ["10.0.0.0/8", "fd00::/8", "192.168.0.1/32"]);
    assert_eq!(settings.ports, Ports::These([22, 25, 8080].into()));
    assert_eq!(format!("{:?}", settings.credentials), r#"["a", "c"]"#);
    assert_eq!(settings.admin, Admin(None));
}

#[test]
fn only_tls_is_listened_for_if_only_that_is_asked_for() {
    let settings = check("--listen-tls 127.0.0.1:3443 --self-signed").expect("these are good");
    assert_eq!(settings.listen, []);
    assert_eq!(
        check("--port any --port 80").map(|it| it.ports),
        Ok(Ports::Any)
    );
}

#[test]
fn what_does_not_fit_together_is_told() {
    for (line, why) in [
        ("--listen 0.0.0.0:3128", "is not loopback"),
        ("--listen-tls [::]:3443 --self-signed", "is not loopback"),
        (
            "--listen-tls 127.0.0.1:3443",
            "needs --certificate and --key",
        ),
        ("--self-signed", "of no use without --listen-tls"),
        ("--listen-tls 127.0.0.1:1 --certificate a.pem", "--key"),
        (
            "--listen-tls 127.0.0.1:1 --self-signed --certificate a --key b",
            "cannot be used with",
        ),
        ("--max-connections 0", "--max-connections 0: must be from 1"),
        ("--max-tunnels 0", "--max-tunnels 0: must be from 1"),
        (
            "--max-tunnels-per-connection 0",
            "--max-tunnels-per-connection 0: must be from 1",
        ),
        ("--max-tunnels=-1", "--max-tunnels"),
        ("--head-timeout 0s", "--head-timeout: must be more than 0"),
        ("--stalled-timeout 3", "--stalled-timeout"),
        ("--idle-timeout 1000years", "--idle-timeout"),
        (
            "--send-buffer 1000",
            "--send-buffer 1000: must be from 1024",
        ),
        (
            "--copy-buffer 100000000",
            "--copy-buffer 100000000: must be",
        ),
        ("--port 0", "neither a port"),
        ("--port http", "neither a port"),
        ("--allow everything", "neither a network"),
        ("--admin somewhere", "neither an address"),
        ("--listen localhost", "--listen"),
        (
            "--credentials alice",
            "--credentials: must be USER:PASSWORD",
        ),
        (
            "--credentials-file /nowhere/at/all",
            "--credentials-file /nowhere/at/all: ",
        ),
        ("--log-format xml", "--log-format"),
    ] {
        let error = check(line).expect_err(line);
        assert!(error.contains(why), "{line}: {error}");
    }
}

#[test]
fn who_is_asked_may_listen_anywhere() {
    check("--listen 0.0.0.0:3128 --credentials alice:secret").expect("these are good");
}

#[test]
fn a_password_is_in_no_message() {
    let shown = format!("{:?}", check("--credentials alice:wonder"));
    assert!(!shown.contains("wonder"), "{shown}");
    let error = check("--credentials :wonder").expect_err("there is no user");
    assert!(!error.contains("wonder"), "{error}");
}

#[test]
fn credentials_are_read_from_a_file() {
    let path = std::env::temp_dir().join(format!("connect_proxy-{}", std::process::id()));
    let with = |path: &Path, text: &str| {
        fs::write(path, text).expect("the directory for temporary files takes one");
        check(&format!("--credentials-file {}", path.display()))
    };
    let good = with(&path, "# who may\n\nalice:secret\nbob:a,b#c\n");
    let bad = with(&path, "alice:secret\n\nbob\n");
    let empty = with(&path, "# nobody\n");
    fs::remove_file(&path).expect("the file is there");
    let known = good.map(|settings| format!("{:?}", settings.credentials));
    assert_eq!(known, Ok(r#"["alice", "bob"]"#.to_owned()));
    assert!(bad
        .expect_err("bob has no password")
        .contains("line 3: must be"));
    assert!(empty
        .expect_err("nobody is in it")
        .contains("no credentials"));
}
