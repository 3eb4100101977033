//! Tensors on a device.

use burn::tensor::{Device, Int, Tensor, TensorData, Transaction};

/// A tensor of these values.
pub fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A tensor of these numbers, [count].
pub fn indices(values: impl IntoIterator<Item = usize>, device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.into_iter().map(|value| value as i32).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

/// The values of tensors, in one transfer.
///
/// # Errors
/// The error message of the device.
pub async fn read(tensors: Vec<Tensor<1>>) -> Result<Vec<Vec<f32>>, String> {
    let all = tensors.into_iter().fold(Transaction::default(), Transaction::register);
    let read = all.execute_async().await.map_err(|error| error.to_string())?;
    read.into_iter().map(|data| data.try_to_vec::<f32>().map_err(|error| format!("{error:?}"))).collect()
}
