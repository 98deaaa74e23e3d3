//! The plugin `thumbnails`: many pictures at once, one of them broken.

use anyhow::{Context, Result, anyhow, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::{Client, Guest, Host, HostOptions};
use zune_png::zune_core::bit_depth::BitDepth;
use zune_png::zune_core::bytestream::ZCursor;
use zune_png::zune_core::colorspace::ColorSpace;
use zune_png::zune_core::options::EncoderOptions;
use zune_png::{PngDecoder, PngEncoder};

const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];

const BROKEN: usize = 17;

async fn deploy(client: &Client) -> Result<()> {
    for (name, kind) in [
        ("thumbnails", "orchestrator"),
        ("make-thumbnail", "activity"),
        ("make-picture", "activity"),
    ] {
        client.deploy(name, Guest::Thumbnails, Some(kind)).await?;
    }
    Ok(())
}

/// A picture whose left half is red and whose right half is blue.
fn picture(width: usize, height: usize) -> Result<Vec<u8>> {
    let row = (0..width).flat_map(|x| if x < width / 2 { RED } else { BLUE });
    let pixels = row.collect::<Vec<_>>().repeat(height);
    let options = EncoderOptions::default()
        .set_width(width)
        .set_height(height)
        .set_colorspace(ColorSpace::RGB)
        .set_depth(BitDepth::Eight);
    let mut png = Vec::new();
    PngEncoder::new(&pixels, options)
        .encode(&mut png)
        .map_err(|error| anyhow!("cannot make a picture: {error:?}"))?;
    Ok(png)
}

struct Decoded {
    width: usize,
    height: usize,
    rgba: Vec<u8>,
    bytes: usize,
}

/// By another library than that of the plugin.
fn decode(thumbnail: &Value) -> Result<Decoded> {
    let png = thumbnail["png"].as_str().context("a thumbnail has a PNG")?;
    let png = STANDARD.decode(png)?;
    let mut decoder = PngDecoder::new(ZCursor::new(&png));
    let rgba = decoder
        .decode_raw()
        .map_err(|error| anyhow!("not a PNG: {error:?}"))?;
    ensure!(
        decoder.colorspace() == Some(ColorSpace::RGBA),
        "{thumbnail}"
    );
    let (width, height) = decoder.dimensions().context("a PNG has a size")?;
    Ok(Decoded {
        width,
        height,
        rgba,
        bytes: png.len(),
    })
}

/// Sizes that differ in both directions, all larger than a thumbnail.
fn size(number: usize) -> (usize, usize) {
    (8 + 2 * number, 106 - 2 * number)
}

#[tokio::test]
async fn of_50_pictures_49_are_shrunk_and_the_broken_one_is_reported() -> Result<()> {
    let mut pictures = Vec::new();
    for number in 0..50 {
        let (width, height) = size(number);
        let mut png = picture(width, height)?;
        if number == BROKEN {
            png.truncate(png.len() / 2);
        }
        pictures.push(json!({"name": format!("p{number}"), "png": STANDARD.encode(png)}));
    }
    for options in [HostOptions::default(), HostOptions::cold()] {
        let host = Host::start(options)?;
        let client = host.client();
        deploy(&client).await?;
        let input = json!({"pictures": pictures, "side": 32});
        let ended = client.run("thumbnails", "album", &input).await?;
        assert_eq!(ended.status, "Completed", "{ended:?}");
        let summary = ended.output;

        let failed = summary["failed"].as_array().context("a list")?;
        assert_eq!(failed.len(), 1, "{failed:?}");
        assert_eq!(failed[0]["name"], format!("p{BROKEN}"));
        assert_eq!(failed[0]["failure"]["errorType"], "NotAPicture");

        let thumbnails = summary["thumbnails"].as_array().context("a list")?;
        let expected = (0..50).filter(|number| *number != BROKEN);
        assert_eq!(thumbnails.len(), expected.clone().count());
        let mut total = 0;
        for (number, thumbnail) in expected.zip(thumbnails) {
            assert_eq!(thumbnail["name"], format!("p{number}"));
            check(size(number), thumbnail)?;
            total += thumbnail["bytes"].as_u64().context("a size in bytes")?;
        }
        assert_eq!(summary["totalBytes"], total);
    }
    Ok(())
}

/// The longer side becomes 32, the shape stays, and so does what is left and what is right.
fn check((width, height): (usize, usize), thumbnail: &Value) -> Result<()> {
    let decoded = decode(thumbnail)?;
    let longer = width.max(height);
    let expected = (width * 32 / longer, height * 32 / longer);
    assert_eq!((decoded.width, decoded.height), expected, "{thumbnail}");
    assert_eq!(thumbnail["width"], decoded.width);
    assert_eq!(thumbnail["height"], decoded.height);
    assert_eq!(thumbnail["bytes"], decoded.bytes);
    for row in decoded.rgba.chunks_exact(decoded.width * 4) {
        let (left, right) = (&row[..4], &row[row.len() - 4..]);
        assert_eq!((&left[..3], left[3]), (&RED[..], 255), "{thumbnail}");
        assert_eq!((&right[..3], right[3]), (&BLUE[..], 255), "{thumbnail}");
    }
    Ok(())
}

#[tokio::test]
async fn made_up_pictures_need_no_files() -> Result<()> {
    let host = Host::start(HostOptions::default())?;
    let client = host.client();
    deploy(&client).await?;
    let input = json!({"samples": {"count": 3, "width": 90, "height": 60}, "side": 30});
    let summary = client.run("thumbnails", "samples", &input).await?.output;
    assert_eq!(summary["failed"], json!([]));
    let thumbnails = summary["thumbnails"].as_array().context("a list")?;
    let names: Vec<_> = thumbnails.iter().map(|made| &made["name"]).collect();
    assert_eq!(names, ["sample-1", "sample-2", "sample-3"]);
    for thumbnail in thumbnails {
        let decoded = decode(thumbnail)?;
        assert_eq!((decoded.width, decoded.height), (30, 20));
    }
    // One that is small enough stays as it is.
    let input = json!({"samples": {"count": 1, "width": 20, "height": 10}, "side": 30});
    let summary = client.run("thumbnails", "small", &input).await?.output;
    let decoded = decode(&summary["thumbnails"][0])?;
    assert_eq!((decoded.width, decoded.height), (20, 10));
    // More than a picture may have: the failure of an activity ends the instance here.
    let input = json!({"samples": {"count": 1, "width": 90_000, "height": 60_000}});
    let ended = client.run("thumbnails", "huge", &input).await?;
    assert_eq!(ended.status, "Failed", "{ended:?}");
    Ok(())
}
