//! Block modes without padding, over any block cipher.

use aes::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, BlockSizeUser,
    InnerIvInit, StreamCipher, StreamCipherSeek, array::Array, consts::U16,
};

use ctr::CtrCore;

use crate::CryptoError;

type Blocks<'a, C> = &'a mut [Array<u8, <C as BlockSizeUser>::BlockSize>];

/// The blocks of `data`, which must be whole.
fn blocks<C: BlockSizeUser>(data: &mut [u8]) -> Result<Blocks<'_, C>, CryptoError> {
    let length = data.len();
    let (blocks, rest) = Array::slice_as_chunks_mut(data);
    if rest.is_empty() {
        Ok(blocks)
    } else {
        Err(CryptoError::BlockLength {
            block: C::block_size(),
            length,
        })
    }
}

pub(crate) fn encrypt_ecb<C: BlockCipherEncrypt>(
    cipher: &C,
    data: &mut [u8],
) -> Result<(), CryptoError> {
    cipher.encrypt_blocks(blocks::<C>(data)?);
    Ok(())
}

pub(crate) fn decrypt_ecb<C: BlockCipherDecrypt>(
    cipher: &C,
    data: &mut [u8],
) -> Result<(), CryptoError> {
    cipher.decrypt_blocks(blocks::<C>(data)?);
    Ok(())
}

fn iv_length<C: BlockSizeUser>(iv: &[u8]) -> CryptoError {
    CryptoError::IvLength {
        block: C::block_size(),
        length: iv.len(),
    }
}

pub(crate) fn encrypt_cbc<C: BlockCipherEncrypt + Clone>(
    cipher: &C,
    iv: &[u8],
    data: &mut [u8],
) -> Result<(), CryptoError> {
    let blocks = blocks::<C>(data)?;
    let mut mode =
        cbc::Encryptor::inner_iv_slice_init(cipher.clone(), iv).map_err(|_| iv_length::<C>(iv))?;
    mode.encrypt_blocks(blocks);
    Ok(())
}

pub(crate) fn decrypt_cbc<C: BlockCipherDecrypt + Clone>(
    cipher: &C,
    iv: &[u8],
    data: &mut [u8],
) -> Result<(), CryptoError> {
    let blocks = blocks::<C>(data)?;
    let mut mode =
        cbc::Decryptor::inner_iv_slice_init(cipher.clone(), iv).map_err(|_| iv_length::<C>(iv))?;
    mode.decrypt_blocks(blocks);
    Ok(())
}

/// Adds the key stream of counter mode from byte `position` on to `data`. A wide counter
/// counts in all 16 bytes of the block (NIST SP 800-38A §6.5), the other in the last four (GCM).
pub(crate) fn apply_ctr<C>(
    cipher: &C,
    counter: &[u8; 16],
    is_wide: bool,
    position: u64,
    data: &mut [u8],
) where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Clone,
{
    if is_wide {
        let mut mode =
            ctr::Ctr128BE::from_core(CtrCore::inner_iv_init(cipher.clone(), counter.into()));
        mode.seek(position);
        mode.apply_keystream(data);
    } else {
        let mut mode =
            ctr::Ctr32BE::from_core(CtrCore::inner_iv_init(cipher.clone(), counter.into()));
        mode.seek(position);
        mode.apply_keystream(data);
    }
}
