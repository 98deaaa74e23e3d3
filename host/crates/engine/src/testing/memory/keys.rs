use super::MemoryHub;
use crate::{HubError, KeyName, KeyRecord, KeyStore};

impl KeyStore for MemoryHub {
    async fn keys(&self) -> Result<Vec<KeyRecord>, HubError> {
        Ok(self.lock().state.keys.values().cloned().collect())
    }

    async fn put_key(&self, key: KeyRecord) -> Result<(), HubError> {
        self.lock().state.keys.insert(key.name.clone(), key);
        Ok(())
    }

    async fn remove_key(&self, name: &KeyName) -> Result<bool, HubError> {
        Ok(self.lock().state.keys.remove(name).is_some())
    }
}
