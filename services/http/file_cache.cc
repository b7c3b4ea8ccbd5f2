// SPDX-License-Identifier: ISC
#include "services/http/file_cache.h"

#include <algorithm>

namespace minetd::http {

// Not the hash's low bits: those choose the bucket within the shard.
std::size_t FileCache::index(std::string_view key) noexcept {
    return std::hash<std::string_view>()(key) >> 32 & (shards - 1);
}

FileCache::Found FileCache::find(std::string_view key, std::time_t now) const {
    const Shard& shard = shards_[index(key)];
    const std::lock_guard lock(shard.mutex);
    const auto entry = shard.files.find(key);
    if (entry == shard.files.end()) return {};
    return {entry->second.file, entry->second.checked == now};
}

void FileCache::put(std::string_view key, std::shared_ptr<const File> file, std::time_t now) {
    if (key.size() > key_max) return;
    Shard& shard = shards_[index(key)];
    const std::lock_guard lock(shard.mutex);
    if (const auto entry = shard.files.find(key); entry != shard.files.end()) {
        entry->second = {std::move(file), now};
        return;
    }
    if (shard.files.size() >= files_per_shard)
        shard.files.erase(std::ranges::min_element(
            shard.files, {}, [](const auto& item) { return item.second.checked; }));
    shard.files.emplace(std::string(key), Entry{std::move(file), now});
}

void FileCache::forget(std::string_view key) {
    Shard& shard = shards_[index(key)];
    const std::lock_guard lock(shard.mutex);
    if (const auto entry = shard.files.find(key); entry != shard.files.end())
        shard.files.erase(entry);
}

}  // namespace minetd::http
