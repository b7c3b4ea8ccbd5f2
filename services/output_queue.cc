// SPDX-License-Identifier: ISC
#include "services/output_queue.h"

#include <cassert>
#include <utility>

namespace minetd {

void OutputQueue::append(FileRange range) {
    if (range.length == 0) return;
    file_bytes_ += range.length;
    files_.push_back({std::move(range), bytes_.size() - placed_});
    placed_ = bytes_.size();
}

void OutputQueue::consume(std::size_t count) noexcept {
    if (files_.empty()) return bytes_.consume(count);
    QueuedFile& next = files_.front();
    if (next.before != 0) {
        assert(count <= next.before);
        next.before -= count;
        placed_ -= count;
        bytes_.consume(count);
        return;
    }
    assert(count <= next.range.length);
    next.range.offset += static_cast<off_t>(count);
    next.range.length -= count;
    file_bytes_ -= count;
    if (next.range.length == 0) files_.erase(files_.begin());
}

void OutputQueue::clear() noexcept {
    bytes_.clear();
    files_.clear();
    file_bytes_ = placed_ = 0;
}

void OutputQueue::shrink() noexcept {
    bytes_.shrink();
    if (files_.empty()) files_.shrink_to_fit();
}

}  // namespace minetd
