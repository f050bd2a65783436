//! The engine's rows in IndexedDB.
//!
//! Rows of one write are in one transaction with the strictest durability the browser offers: when the write
//! is done, they are on the disk, all of them or none.
//!
//! The store knows whose it is: whoever opens it writes a fresh token into it, and every write first looks
//! whether that token is still there. So a tab that lost the lock without noticing cannot write over what its
//! successor wrote.

use concerted_client::Row;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use web_sys::{IdbDatabase, IdbFactory, IdbObjectStore, IdbRequest, IdbTransaction};

use super::{js, scope};

const DATABASE: &str = "concerted";
const ROWS: &str = "rows";
/// No key of the engine begins with this.
const OWNER: &str = "~owner";

/// Why something could not be stored.
pub(super) enum StoreError {
    /// Another tab has opened the store since.
    NotOurs,
    /// The browser refuses, in its words.
    Browser(String),
}

impl From<JsValue> for StoreError {
    fn from(error: JsValue) -> Self {
        Self::Browser(js::describe(&error))
    }
}

/// An open store.
pub(super) struct Store {
    database: IdbDatabase,
    owner: String,
}

impl Store {
    /// Opens the store and makes it ours.
    pub(super) async fn open() -> Result<Self, StoreError> {
        let request = factory()?.open_with_u32(DATABASE, 1)?;
        let opening = request.clone();
        let upgrade = Closure::once_into_js(move |_: JsValue| {
            if let Ok(database) = opening.result().and_then(|result| result.dyn_into::<IdbDatabase>()) {
                // If this fails, so does the opening.
                let _ = database.create_object_store(ROWS);
            }
        });
        request.set_onupgradeneeded(Some(upgrade.unchecked_ref()));
        let database: IdbDatabase = done(&request).await?.dyn_into()?;
        let close = database.clone();
        // Another tab deletes everything: it must not wait for us.
        let on_change = Closure::once_into_js(move |_: JsValue| close.close());
        database.set_onversionchange(Some(on_change.unchecked_ref()));
        let store = Self { database, owner: js_sys::Math::random().to_string() };
        let transaction = store.transaction("readwrite")?;
        let rows = transaction.object_store(ROWS)?;
        rows.put_with_key(&store.owner.as_str().into(), &OWNER.into())?;
        complete(&transaction).await?;
        Ok(store)
    }

    /// All rows of the engine.
    pub(super) async fn rows(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let rows = self.transaction("readonly")?.object_store(ROWS)?;
        let (keys, values) = (rows.get_all_keys()?, rows.get_all()?);
        let keys: Array = done(&keys).await?.dyn_into()?;
        let values: Array = done(&values).await?.dyn_into()?;
        let rows = keys.iter().zip(values.iter()).filter_map(|(key, value)| {
            let bytes = value.dyn_into::<Uint8Array>().ok()?.to_vec();
            Some((key.as_string()?, bytes))
        });
        Ok(rows.collect())
    }

    /// Writes rows, all or none; when this returns, they are durable.
    pub(super) async fn write(&self, rows: &[Row]) -> Result<(), StoreError> {
        let transaction = self.transaction("readwrite")?;
        let store = transaction.object_store(ROWS)?;
        let owner = done(&store.get(&OWNER.into())?).await?;
        if owner.as_string().as_deref() != Some(&self.owner) {
            // Nothing was put, so there is nothing to undo.
            let _ = transaction.abort();
            return Err(StoreError::NotOurs);
        }
        for row in rows {
            put(&store, row)?;
        }
        complete(&transaction).await.map_err(Into::into)
    }

    /// Deletes everything.
    pub(super) async fn delete(self) -> Result<(), StoreError> {
        self.database.close();
        let request = factory()?.delete_database(DATABASE)?;
        done(&request).await?;
        Ok(())
    }

    fn transaction(&self, mode: &str) -> Result<IdbTransaction, JsValue> {
        let options = js::object(&[("durability", "strict".into())]);
        let made = js::call(&self.database, "transaction", &[ROWS.into(), mode.into(), options])?;
        made.dyn_into()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.database.close();
    }
}

fn put(store: &IdbObjectStore, row: &Row) -> Result<IdbRequest, JsValue> {
    let key = JsValue::from(row.key.as_str());
    match &row.value {
        Some(value) => store.put_with_key(&Uint8Array::from(value.as_slice()), &key),
        None => store.delete(&key),
    }
}

fn factory() -> Result<IdbFactory, StoreError> {
    let missing = || StoreError::Browser("this browser has no storage for this page".into());
    scope().indexed_db()?.ok_or_else(missing)
}

async fn done(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let outcome = js::outcome(|resolve, reject| {
        request.set_onsuccess(Some(resolve));
        request.set_onerror(Some(reject));
    });
    match outcome.await {
        Ok(_) => request.result(),
        Err(event) => Err(request.error().ok().flatten().map_or(event, Into::into)),
    }
}

async fn complete(transaction: &IdbTransaction) -> Result<(), JsValue> {
    let outcome = js::outcome(|resolve, reject| {
        transaction.set_oncomplete(Some(resolve));
        transaction.set_onabort(Some(reject));
    });
    match outcome.await {
        Ok(_) => Ok(()),
        Err(event) => Err(transaction.error().map_or(event, Into::into)),
    }
}
