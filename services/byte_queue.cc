// SPDX-License-Identifier: ISC
#include "services/byte_queue.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace minetd {

namespace {
constexpr std::size_t first_capacity = 256;  // a line, and what most replies need
}

void ByteQueue::append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
}

void ByteQueue::consume(std::size_t count) noexcept {
    assert(count <= size());
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
}

char* ByteQueue::reserve(std::size_t count) {
    if (capacity_ - end_ >= count) return bytes_.get() + end_;
    const std::size_t held = size();
    // Moving to the front is paid for by what was consumed: held bytes move only when at least as
    // many went before them, so a reader that takes one byte at a time costs no quadratic work.
    if (begin_ >= held && capacity_ - held >= count) {
        std::memmove(bytes_.get(), bytes_.get() + begin_, held);
    } else {
        const std::size_t grown = std::max({first_capacity, 2 * capacity_, held + count});
        auto bytes = std::make_unique_for_overwrite<char[]>(grown);
        if (held != 0) std::memcpy(bytes.get(), bytes_.get() + begin_, held);
        bytes_ = std::move(bytes);
        capacity_ = grown;
    }
    begin_ = 0;
    end_ = held;
    return bytes_.get() + end_;
}

void ByteQueue::commit(std::size_t count) noexcept {
    assert(count <= capacity_ - end_);
    end_ += count;
}

void ByteQueue::shrink() noexcept {
    if (!empty()) return;
    bytes_.reset();
    capacity_ = begin_ = end_ = 0;
}

void ByteQueue::swap(ByteQueue& other) noexcept {
    bytes_.swap(other.bytes_);
    std::swap(capacity_, other.capacity_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
}

}  // namespace minetd
