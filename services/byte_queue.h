// SPDX-License-Identifier: ISC
// A connection's bytes on their way in or out.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace minetd {

/// Bytes in order, taken from the front. Consuming moves no bytes until the buffer is reused.
class ByteQueue {
  public:
    ByteQueue() = default;
    ByteQueue(ByteQueue&& other) noexcept { swap(other); }
    ByteQueue& operator=(ByteQueue&& other) noexcept {
        ByteQueue(std::move(other)).swap(*this);
        return *this;
    }

    bool empty() const noexcept { return begin_ == end_; }
    std::size_t size() const noexcept { return end_ - begin_; }
    std::string_view view() const noexcept { return {bytes_.get() + begin_, size()}; }
    /// Copies `bytes`, which must not lie in this queue.
    void append(std::string_view bytes);
    void consume(std::size_t count) noexcept;
    void clear() noexcept { begin_ = end_ = 0; }
    /// Room for at least `count` bytes at the end; commit() says how many were written there.
    char* reserve(std::size_t count);
    void commit(std::size_t count) noexcept;
    /// Gives the memory back when nothing is held: a parked connection costs no buffer.
    void shrink() noexcept;
    void swap(ByteQueue& other) noexcept;

  private:
    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace minetd
