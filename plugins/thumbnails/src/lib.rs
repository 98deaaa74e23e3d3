//! Many pictures at once: one activity a picture, and whatever came of each.
//!
//! Orchestrator and activities are one component: it is deployed under three names.

mod picture;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use soloist::{ActivityContext, Context, Failure, Task};

use crate::picture::Pixels;

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    /// What to shrink.
    pictures: Vec<Picture>,
    /// What to make up and shrink as well, for a try without files.
    samples: Samples,
    /// The longer side of a thumbnail, in pixels.
    side: u32,
}

impl Default for Input {
    fn default() -> Self {
        Self {
            pictures: Vec::new(),
            samples: Samples::default(),
            side: 64,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Samples {
    count: u8,
    width: u32,
    height: u32,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            count: 0,
            width: 320,
            height: 240,
        }
    }
}

/// A PNG in base64: small pictures need no files, and so no grant of a directory.
#[derive(Serialize, Deserialize)]
struct Picture {
    name: String,
    png: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Sample {
    number: u8,
    width: u32,
    height: u32,
}

#[derive(Serialize)]
struct Order<'o> {
    picture: &'o Picture,
    side: u32,
}

/// An [`Order`] as the activity reads it.
#[derive(Deserialize)]
struct Ordered {
    picture: Picture,
    side: u32,
}

#[derive(Serialize, Deserialize)]
struct Thumbnail {
    name: String,
    width: u32,
    height: u32,
    bytes: usize,
    png: String,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    thumbnails: Vec<Thumbnail>,
    failed: Vec<Failed>,
    total_bytes: usize,
}

#[derive(Serialize)]
struct Failed {
    name: String,
    failure: Failure,
}

#[soloist::orchestrator]
fn thumbnails(ctx: &Context, input: Option<Input>) -> Result<Summary, Failure> {
    let Input {
        mut pictures,
        samples,
        side,
    } = input.unwrap_or_default();
    pictures.extend(make_up(ctx, samples)?);

    // Out: all are asked for before any is waited for.
    let tasks: Vec<Task<Thumbnail>> = pictures
        .iter()
        .map(|picture| ctx.call_activity("make-thumbnail", Order { picture, side }))
        .collect();
    // In: `await_all` gives each its own result, so one broken picture does not lose the others.
    let mut summary = Summary::default();
    for (picture, answer) in pictures.into_iter().zip(ctx.await_all(&tasks)) {
        match answer {
            Ok(thumbnail) => {
                summary.total_bytes += thumbnail.bytes;
                summary.thumbnails.push(thumbnail);
            }
            Err(failure) => summary.failed.push(Failed {
                name: picture.name,
                failure,
            }),
        }
    }
    Ok(summary)
}

/// The same in small. Here a failure is the end: without its pictures the orchestrator has nothing to do.
fn make_up(ctx: &Context, samples: Samples) -> Result<Vec<Picture>, Failure> {
    let Samples {
        count,
        width,
        height,
    } = samples;
    let tasks: Vec<Task<Picture>> = (1..=count)
        .map(|number| {
            let sample = Sample {
                number,
                width,
                height,
            };
            ctx.call_activity("make-picture", sample)
        })
        .collect();
    ctx.try_await_all(&tasks)
}

soloist::activities! {
    "make-picture" => make_picture,
    "make-thumbnail" => make_thumbnail,
}

fn make_picture(_: &ActivityContext, sample: Sample) -> Result<Picture, Failure> {
    let pixels = Pixels::sample(sample.number, sample.width, sample.height)?;
    Ok(Picture {
        name: format!("sample-{}", sample.number),
        png: STANDARD.encode(pixels.to_png()?),
    })
}

fn make_thumbnail(_: &ActivityContext, order: Ordered) -> Result<Thumbnail, Failure> {
    let Ordered { picture, side } = order;
    let png = STANDARD
        .decode(&picture.png)
        .map_err(|error| picture::unreadable(&error))?;
    let thumbnail = Pixels::from_png(&png)?.fit(side)?;
    let png = thumbnail.to_png()?;
    Ok(Thumbnail {
        name: picture.name,
        width: thumbnail.width(),
        height: thumbnail.height(),
        bytes: png.len(),
        png: STANDARD.encode(png),
    })
}
