//! The head of a message hyper sent, read without hyper's help.

/// Start line and field lines, as they stood on the wire. hyper ends its lines with CRLF and writes one space behind the colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub start_line: String,
    /// Names as written, values behind the one space.
    pub fields: Vec<(String, String)>,
}

impl Head {
    /// Takes the head `text` starts with, blank line included; gives it with the number of bytes it had.
    ///
    /// # Panics
    ///
    /// If it is not a well-formed head, as strictly as hyper writes them.
    pub fn parse(text: &str) -> Option<(Head, usize)> {
        let end = text.find("\r\n\r\n")? + 4;
        let mut lines = text[..end - 4].split("\r\n");
        let start_line = lines.next().expect("split gives one piece at least");
        let fields = lines.map(|line| {
            assert!(!line.contains(['\r', '\n']), "a bare CR or LF in {line:?}");
            let (name, value) = line.split_once(':').expect("a field line has a colon");
            let value = value.strip_prefix(' ').unwrap_or(value);
            (name.to_owned(), value.to_owned())
        });
        let head = Head {
            start_line: start_line.to_owned(),
            fields: fields.collect(),
        };
        Some((head, end))
    }

    /// The status code of a response.
    pub fn status(&self) -> u16 {
        let code = self.start_line.split(' ').nth(1);
        let code = code.and_then(|code| code.parse().ok());
        code.unwrap_or_else(|| panic!("no status line: {:?}", self.start_line))
    }

    /// The first value under `name`, whatever its case.
    pub fn get<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = self.fields.iter();
        lines
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }

    /// Whether a comma list under `name` has `token`, whatever its case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        let items = self.all(name).flat_map(|value| value.split(','));
        items
            .map(str::trim)
            .any(|item| item.eq_ignore_ascii_case(token))
    }

    /// Whether the sender says that the connection ends with this message.
    pub fn says_close(&self) -> bool {
        self.has_token("connection", "close")
    }
}
