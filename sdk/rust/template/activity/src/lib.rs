//! Greets a city.

use soloist::{ActivityContext, Failure};

#[soloist::activity]
fn act(_: &ActivityContext, city: String) -> Result<String, Failure> {
    Ok(format!("Hello {city}!"))
}
