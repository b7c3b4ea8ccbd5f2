// SPDX-License-Identifier: ISC
// SIGINT, SIGTERM and SIGHUP end a run between two measurements, so that every server is stopped
// and every control group removed.
#pragma once

#include <csignal>
#include <stdexcept>

namespace minetd::bench {

inline volatile std::sig_atomic_t interrupted_by = 0;

extern "C" inline void note_interruption(int signal) {
    interrupted_by = signal;
}

inline void heed_interruptions() {
    for (int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, note_interruption);
}

/// Throws std::runtime_error once one of the signals has come.
inline void stop_if_interrupted() {
    if (interrupted_by != 0) throw std::runtime_error("interrupted");
}

}  // namespace minetd::bench
