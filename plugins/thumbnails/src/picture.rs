//! PNG in, PNG out, and fewer pixels in between.

use std::error::Error;
use std::io::Cursor;
use std::ops::Range;

use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};
use soloist::Failure;

/// Four bytes each, and the decoder's own: well below the 64 MiB of an activity.
const PIXELS_MAX: u64 = 4 << 20;

/// What the decoder may take beside the pixels.
const DECODER_BYTES_MAX: usize = 8 << 20;

type Rgba = [u8; 4];

pub(crate) struct Pixels {
    width: usize,
    height: usize,
    /// Row by row.
    rgba: Vec<Rgba>,
}

/// A failure that no second attempt would mend.
pub(crate) fn unreadable(error: &dyn Error) -> Failure {
    Failure::new("NotAPicture", format!("this is not a PNG: {error}")).non_retriable()
}

/// The number of pixels, if a picture may have so many.
fn area(width: u32, height: u32) -> Result<usize, Failure> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > PIXELS_MAX {
        let message = format!("{width} x {height} pixels; 1 to {PIXELS_MAX} will do");
        return Err(Failure::new("WrongSize", message).non_retriable());
    }
    Ok(index(pixels))
}

fn index(number: u64) -> usize {
    usize::try_from(number).expect("a picture fits memory")
}

fn pixels(length: usize) -> u32 {
    u32::try_from(length).expect("a picture is no longer than its number of pixels")
}

impl Pixels {
    pub(crate) fn width(&self) -> u32 {
        pixels(self.width)
    }

    pub(crate) fn height(&self) -> u32 {
        pixels(self.height)
    }

    /// Any PNG, as 8 bits a channel, with an opaque channel where it has none.
    pub(crate) fn from_png(png: &[u8]) -> Result<Self, Failure> {
        let limits = Limits {
            bytes: DECODER_BYTES_MAX,
        };
        let mut decoder = Decoder::new_with_limits(Cursor::new(png), limits);
        decoder.set_transformations(Transformations::ALPHA | Transformations::STRIP_16);
        let mut reader = decoder.read_info().map_err(|error| unreadable(&error))?;
        let (width, height) = (reader.info().width, reader.info().height);
        let area = area(width, height)?;
        let mut bytes = vec![0; area * size_of::<Rgba>()];
        let frame = reader
            .next_frame(&mut bytes)
            .map_err(|error| unreadable(&error))?;
        let rgba = if frame.color_type == ColorType::GrayscaleAlpha {
            let (gray, _) = bytes[..area * 2].as_chunks::<2>();
            gray.iter().map(|&[g, a]| [g, g, g, a]).collect()
        } else {
            bytes.as_chunks().0.to_vec()
        };
        Ok(Self {
            width: index(width.into()),
            height: index(height.into()),
            rgba,
        })
    }

    pub(crate) fn to_png(&self) -> Result<Vec<u8>, Failure> {
        let mut png = Vec::new();
        let mut encoder = Encoder::new(&mut png, self.width(), self.height());
        encoder.set_color(ColorType::Rgba);
        encoder.set_depth(BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(self.rgba.as_flattened())?;
        writer.finish()?;
        Ok(png)
    }

    /// Shrinks to a longer side of at most `side`; a smaller picture stays as it is.
    pub(crate) fn fit(self, side: u32) -> Result<Self, Failure> {
        if side == 0 {
            let message = "a thumbnail has a side of at least 1";
            return Err(Failure::new("WrongSize", message).non_retriable());
        }
        let longer = self.width.max(self.height);
        let side = index(side.into());
        if longer <= side {
            return Ok(self);
        }
        let fitted = |length: usize| (length * side / longer).max(1);
        let (width, height) = (fitted(self.width), fitted(self.height));
        let mut rgba = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = part(y, height, self.height);
            for x in 0..width {
                rgba.push(self.average(part(x, width, self.width), rows.clone()));
            }
        }
        Ok(Self {
            width,
            height,
            rgba,
        })
    }

    /// The colour of a box. What cannot be seen lends none.
    fn average(&self, columns: Range<usize>, rows: Range<usize>) -> Rgba {
        let count = columns.len() * rows.len();
        let mut colour = [0; 3];
        let mut opacity = 0;
        for y in rows {
            for [red, green, blue, alpha] in &self.rgba[y * self.width..][columns.clone()] {
                let alpha = usize::from(*alpha);
                opacity += alpha;
                for (sum, part) in colour.iter_mut().zip([red, green, blue]) {
                    *sum += usize::from(*part) * alpha;
                }
            }
        }
        let [red, green, blue] = colour.map(|sum| mean(sum, opacity.max(1)));
        [red, green, blue, mean(opacity, count)]
    }

    /// A disc on a gradient, in colours that go by `number`.
    pub(crate) fn sample(number: u8, width: u32, height: u32) -> Result<Self, Failure> {
        let mut rgba = Vec::with_capacity(area(width, height)?);
        let radius = i64::from(width.min(height)) / 3;
        let shade = |place: u32, length: u32| mean(255 * index(place.into()), index(length.into()));
        for y in 0..height {
            for x in 0..width {
                let (dx, dy) = (
                    i64::from(x) - i64::from(width) / 2,
                    i64::from(y) - i64::from(height) / 2,
                );
                let disc = dx * dx + dy * dy < radius * radius;
                let blue = number.wrapping_mul(37);
                rgba.push(if disc {
                    [255 - blue, blue, 255, 255]
                } else {
                    [shade(x, width), shade(y, height), blue, 255]
                });
            }
        }
        Ok(Self {
            width: index(width.into()),
            height: index(height.into()),
            rgba,
        })
    }
}

/// The `place`-th of `parts` of a length: at least one, none shared, none left out.
fn part(place: usize, parts: usize, length: usize) -> Range<usize> {
    place * length / parts..(place + 1) * length / parts
}

fn mean(sum: usize, count: usize) -> u8 {
    u8::try_from((sum + count / 2) / count).expect("a mean of bytes is a byte")
}
