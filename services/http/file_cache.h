// SPDX-License-Identifier: ISC
// Small files by the path they were asked for, for as long as they are worth it. For any number of
// threads.
#pragma once

#include <array>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "services/http/file.h"

namespace minetd::http {

class FileCache {
  public:
    static constexpr std::size_t shards = 8, files_per_shard = 32, key_max = 256;

    struct Found {
        std::shared_ptr<const File> file;  ///< null when it is not known
        bool checked = false;              ///< within the second `now`: it need not be looked at
    };
    Found find(std::string_view key, std::time_t now) const;
    /// Keeps the file under `key`, as it was found on disk in the second `now`; of a full shard the
    /// file that was longest not looked at goes.
    void put(std::string_view key, std::shared_ptr<const File> file, std::time_t now);
    void forget(std::string_view key);

  private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    struct Entry {
        std::shared_ptr<const File> file;
        std::time_t checked;
    };
    struct alignas(64) Shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, Entry, Hash, std::equal_to<>> files;
    };
    static std::size_t index(std::string_view key) noexcept;

    std::array<Shard, shards> shards_;
};

}  // namespace minetd::http
