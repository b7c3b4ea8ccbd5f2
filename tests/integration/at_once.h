// SPDX-License-Identifier: ISC
// Cases that mostly wait, side by side: each in a thread of its own.
#pragma once

#include <exception>
#include <iterator>
#include <thread>
#include <vector>

namespace minetd {

/// Calls it with each of the rows; what one of the calls throws is thrown when all have ended.
template <class Rows, class Body>
void at_once(const Rows& rows, const Body& body) {
    std::vector<std::exception_ptr> problems(std::size(rows));
    std::vector<std::thread> threads;
    std::size_t place = 0;
    for (const auto& row : rows)
        threads.emplace_back([&row, &body, &problem = problems[place++]] {
            try {
                body(row);
            } catch (...) {
                problem = std::current_exception();
            }
        });
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& problem : problems)
        if (problem) std::rethrow_exception(problem);
}

}  // namespace minetd
