//! The side of a connection hyper takes.

/// Makes a test per role out of each named `async fn(Role)`: `name::as_server` and `name::as_client`.
macro_rules! both_roles {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use $crate::support::tunnels::Role;

            #[tokio::test(start_paused = true)]
            async fn as_server() {
                super::$name(Role::Server).await;
            }

            #[tokio::test(start_paused = true)]
            async fn as_client() {
                super::$name(Role::Client).await;
            }
        }
    )+};
}
pub(crate) use both_roles;

/// What hyper is in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Server,
    Client,
}
