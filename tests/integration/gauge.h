// SPDX-License-Identifier: ISC
// How many programs run at once, as the programs themselves count it: three numbers in a file that
// the test and every probe map. It proves limits without looking at the clock.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <new>
#include <stdexcept>
#include <string>

namespace minetd {

struct Gauge {
    std::atomic<int> now{0};
    std::atomic<int> most{0};     ///< the largest value that `now` ever had
    std::atomic<int> entered{0};  ///< how often one entered

    void enter() {
        const int inside = now.fetch_add(1) + 1;
        for (int seen = most.load(); seen < inside && !most.compare_exchange_weak(seen, inside);) {
        }
        entered.fetch_add(1);
    }
    void leave() { now.fetch_sub(1); }

    /// Maps the file, which must exist and be writable; the mapping lives as long as the process.
    static Gauge& open(const std::string& file) {
        const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
        void* memory =
            fd < 0 ? MAP_FAILED
                   : mmap(nullptr, sizeof(Gauge), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (fd >= 0) ::close(fd);
        if (memory == MAP_FAILED) throw std::runtime_error("cannot map the gauge " + file);
        return *std::launder(static_cast<Gauge*>(memory));
    }

    /// Makes the file, all zero, for every user.
    static Gauge& create(const std::string& file) {
        const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        const bool made = fd >= 0 && fchmod(fd, 0666) == 0 && ftruncate(fd, sizeof(Gauge)) == 0;
        if (fd >= 0) ::close(fd);
        if (!made) throw std::runtime_error("cannot make the gauge " + file);
        return open(file);
    }
};

}  // namespace minetd
