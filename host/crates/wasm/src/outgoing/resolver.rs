use std::io;
use std::net::IpAddr;

use super::target::Name;

/// Who knows the addresses of names.
#[derive(Debug)]
pub(super) enum Resolver {
    /// The machine, with its `/etc/hosts` and its DNS servers.
    System,
    /// A script: one answer for each question.
    #[cfg(test)]
    Scripted(std::sync::Mutex<std::collections::VecDeque<Vec<IpAddr>>>),
}

impl Resolver {
    pub(super) async fn look_up(&self, name: &Name) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::System => {
                // The system wants a port, too.
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            }
            #[cfg(test)]
            Self::Scripted(answers) => {
                let answer = answers.lock().expect("no test panics here").pop_front();
                Ok(answer.expect("nobody asks more often than the script expects"))
            }
        }
    }
}
