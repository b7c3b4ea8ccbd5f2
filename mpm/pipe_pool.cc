// SPDX-License-Identifier: ISC
#include "mpm/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

namespace minetd {
namespace {

/// Kept for the next ones; each thread that moves bytes needs one at a time.
constexpr std::size_t most_free = 16;

}  // namespace

Pipe PipePool::take() noexcept {
    {
        const std::lock_guard held(lock_);
        if (!free_.empty()) {
            Pipe pipe = std::move(free_.back());
            free_.pop_back();
            return pipe;
        }
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return {};
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void PipePool::give_back(Pipe pipe) noexcept {
    const std::lock_guard held(lock_);
    if (free_.size() < most_free) free_.push_back(std::move(pipe));
}

}  // namespace minetd
