// SPDX-License-Identifier: ISC
// What a connection owes its peer, in order: bytes, and pieces of files that nobody has read yet.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "daemon/os/unique_fd.h"
#include "services/byte_queue.h"

namespace minetd {

struct FileRange {
    std::shared_ptr<const UniqueFd> file;
    off_t offset = 0;
    std::uint64_t length = 0;
};

class OutputQueue {
  public:
    bool empty() const noexcept { return bytes_.empty() && files_.empty(); }
    std::size_t size() const noexcept { return bytes_.size() + file_bytes_; }

    /// Copies `bytes`, which must not lie in this queue.
    void append(std::string_view bytes) { bytes_.append(bytes); }
    void append(FileRange range);

    /// What goes next, when it is bytes: as many as there are before the next file.
    std::string_view bytes() const noexcept {
        return files_.empty() ? bytes_.view() : bytes_.view().substr(0, before_file());
    }
    /// Whether a file follows bytes().
    bool has_file() const noexcept { return !files_.empty(); }
    /// What goes when bytes() is empty; only where has_file().
    const FileRange& file() const noexcept { return files_.front().range; }
    /// Takes `count` from the front: at most bytes() or, where those are empty, the file's length.
    void consume(std::size_t count) noexcept;
    void clear() noexcept;
    /// Gives the memory back when nothing is held.
    void shrink() noexcept;

  private:
    struct QueuedFile {
        FileRange range;
        std::size_t before;  ///< bytes between the file before it, or the front, and this one
    };
    std::size_t before_file() const noexcept { return files_.front().before; }

    ByteQueue bytes_;
    // Few: a handler stops answering when it owes much. So the front is simply erased.
    std::vector<QueuedFile> files_;
    std::uint64_t file_bytes_ = 0;
    std::size_t placed_ = 0;  ///< bytes that lie before the last file
};

}  // namespace minetd
