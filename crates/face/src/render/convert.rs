//! RGBA to I420 and back, BT.601 limited range: what WebRTC takes an unmarked I420 picture for.

use yuv::{
    BufferStoreMut, YuvConversionMode, YuvError, YuvPlanarImage, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
};

use super::outline::Area;
use crate::{FaceError, I420Frame};

/// Writes a box of opaque RGBA of the frame's size, on even pixels, into the frame.
pub(super) fn area_into_frame(rgba: &[u8], area: Area, frame: &mut I420Frame) -> Result<(), FaceError> {
    let stride = frame.width as usize;
    let (left, top) = (area.left as usize, area.top as usize);
    let (width, height) = (area.width as u32, area.height as u32);
    let chroma = top / 2 * (stride / 2) + left / 2;
    let mut planes = YuvPlanarImageMut {
        y_plane: BufferStoreMut::Borrowed(&mut frame.y[top * stride + left..]),
        y_stride: frame.width,
        u_plane: BufferStoreMut::Borrowed(&mut frame.u[chroma..]),
        u_stride: frame.width / 2,
        v_plane: BufferStoreMut::Borrowed(&mut frame.v[chroma..]),
        v_stride: frame.width / 2,
        width,
        height,
    };
    yuv::rgba_to_yuv420(
        &mut planes,
        &rgba[(top * stride + left) * 4..],
        frame.width * 4,
        YuvRange::Limited,
        YuvStandardMatrix::Bt601,
        YuvConversionMode::Balanced,
    )
    .map_err(|error| failed(width, height, &error))
}

/// The frame as opaque RGBA.
pub(crate) fn rgba_of(frame: &I420Frame) -> Result<Vec<u8>, FaceError> {
    let (width, height) = (frame.width, frame.height);
    let mut rgba = vec![0; width as usize * height as usize * 4];
    let planes = YuvPlanarImage {
        y_plane: &frame.y,
        y_stride: width,
        u_plane: &frame.u,
        u_stride: width / 2,
        v_plane: &frame.v,
        v_stride: width / 2,
        width,
        height,
    };
    yuv::yuv420_to_rgba(&planes, &mut rgba, width * 4, YuvRange::Limited, YuvStandardMatrix::Bt601)
        .map_err(|error| failed(width, height, &error))?;
    Ok(rgba)
}

fn failed(width: u32, height: u32, error: &YuvError) -> FaceError {
    FaceError::Convert { width, height, reason: error.to_string() }
}
