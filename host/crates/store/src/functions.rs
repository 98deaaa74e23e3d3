//! Functions and the modules they are bound to.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use soloist_core::{FunctionName, InstanceId, ModuleDigest, Timestamp};
use soloist_engine::{Bound, FunctionRecord, ModuleRecord, NewModule, RemovedModule};

use crate::columns::{self, Columns};
use crate::write::Refused;

/// A module is stored in parts of this size: what a statement holds, the database holds twice more.
const PART_BYTES: usize = 512 * 1024;
/// How many instances a module record names.
const INSTANCES_NAMED: u32 = 10;

pub(crate) fn bind(
    database: &Connection,
    function: &FunctionRecord,
    module: &NewModule,
) -> Result<Bound, Refused> {
    let stored = match find(database, module.digest)? {
        Some(stored) => stored,
        None => store(database, module, function.created)?,
    };
    let columns = params![
        function.name.as_str(),
        columns::kind(function.kind),
        stored,
        function.created.as_millis(),
    ];
    let bound_before = database
        .prepare_cached("UPDATE function SET kind = ?2, module = ?3, created = ?4 WHERE name = ?1")?
        .execute(columns)?;
    if bound_before > 0 {
        return Ok(Bound::Anew);
    }
    database
        .prepare_cached(
            "INSERT INTO function (name, kind, module, created) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(columns)?;
    Ok(Bound::New)
}

fn find(database: &Connection, digest: ModuleDigest) -> rusqlite::Result<Option<i64>> {
    database
        .prepare_cached("SELECT id FROM module WHERE digest = ?1")?
        .query_row([digest.as_bytes()], |row| row.get(0))
        .optional()
}

fn store(database: &Connection, module: &NewModule, created: Timestamp) -> rusqlite::Result<i64> {
    database
        .prepare_cached("INSERT INTO module (digest, size, created) VALUES (?1, ?2, ?3)")?
        .execute(params![
            module.digest.as_bytes(),
            columns::number(module.bytes.len()),
            created.as_millis()
        ])?;
    let stored = database.last_insert_rowid();
    let mut insert = database
        .prepare_cached("INSERT INTO module_part (module, ordinal, bytes) VALUES (?1, ?2, ?3)")?;
    for (ordinal, part) in module.bytes.chunks(PART_BYTES).enumerate() {
        insert.execute(params![stored, columns::number(ordinal), part])?;
    }
    Ok(stored)
}

pub(crate) fn unbind(database: &Connection, name: &FunctionName) -> Result<bool, Refused> {
    let unbound = database
        .prepare_cached("DELETE FROM function WHERE name = ?1")?
        .execute([name.as_str()])?;
    Ok(unbound > 0)
}

pub(crate) fn functions(database: &Connection) -> rusqlite::Result<Vec<FunctionRecord>> {
    database
        .prepare_cached(
            "SELECT name, kind, digest, size, function.created FROM function JOIN module ON module.id = function.module \
             ORDER BY name",
        )?
        .query_map([], |row| {
            Ok(FunctionRecord {
                name: row.function(0)?,
                kind: row.kind(1)?,
                digest: row.digest(2)?,
                size: row.size(3)?,
                created: row.time(4)?,
            })
        })?
        .collect()
}

pub(crate) fn module(
    database: &Connection,
    digest: ModuleDigest,
) -> rusqlite::Result<Option<ModuleRecord>> {
    let row = database
        .prepare_cached("SELECT id, size, created FROM module WHERE digest = ?1")?
        .query_row([digest.as_bytes()], |row| {
            Ok((row.get::<_, i64>(0)?, row.size(1)?, row.time(2)?))
        })
        .optional()?;
    let Some((stored, size, created)) = row else {
        return Ok(None);
    };
    let functions = database
        .prepare_cached("SELECT name FROM function WHERE module = ?1 ORDER BY name")?
        .query_map([stored], |row| row.function(0))?
        .collect::<rusqlite::Result<Vec<FunctionName>>>()?;
    // The inner limit keeps it from sorting a million.
    let instances = database
        .prepare_cached(
            "SELECT instance_id FROM (SELECT instance_id FROM instance WHERE module = ?1 LIMIT ?2) ORDER BY instance_id",
        )?
        .query_map(params![stored, INSTANCES_NAMED], |row| row.instance(0))?
        .collect::<rusqlite::Result<Vec<InstanceId>>>()?;
    Ok(Some(ModuleRecord {
        digest,
        size,
        created,
        functions,
        instances,
    }))
}

/// The bytes of a module, put together in the one allocation that is returned.
pub(crate) fn module_bytes(
    database: &mut Connection,
    digest: ModuleDigest,
) -> rusqlite::Result<Option<Arc<[u8]>>> {
    let moment = database.transaction()?;
    let row = moment
        .prepare_cached("SELECT id, size FROM module WHERE digest = ?1")?
        .query_row([digest.as_bytes()], |row| {
            Ok((row.get::<_, i64>(0)?, row.size(1)?))
        })
        .optional()?;
    let Some((stored, size)) = row else {
        return Ok(None);
    };
    let size = usize::try_from(size).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(1, 0))?;
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, size).collect();
    let mut rest = Arc::get_mut(&mut bytes).expect("nobody else has it yet");
    let mut parts = moment
        .prepare_cached("SELECT bytes FROM module_part WHERE module = ?1 ORDER BY ordinal")?;
    let mut parts = parts.query([stored])?;
    while let Some(row) = parts.next()? {
        let part = row.get_ref(0)?.as_blob()?;
        let wrong_size = rusqlite::Error::InvalidColumnIndex(0);
        let (place, behind) = rest.split_at_mut_checked(part.len()).ok_or(wrong_size)?;
        place.copy_from_slice(part);
        rest = behind;
    }
    Ok(Some(bytes))
}

pub(crate) fn remove_module(
    database: &Connection,
    digest: ModuleDigest,
) -> Result<RemovedModule, Refused> {
    let Some(record) = module(database, digest)? else {
        return Ok(RemovedModule::Unknown);
    };
    if !record.functions.is_empty() || !record.instances.is_empty() {
        return Ok(RemovedModule::Needed(record));
    }
    database
        .prepare_cached("DELETE FROM module WHERE digest = ?1")?
        .execute([digest.as_bytes()])?;
    Ok(RemovedModule::Removed)
}
