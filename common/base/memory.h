/* Memory for libraries that cannot tell that there is none. jansson drops characters of a value
 * then, without a word ("example.com" becomes "example.co"), and OpenSSL refuses a good signature
 * as it refuses a bad one. So whoever asks for them is not told: the process ends, the edge asks
 * another worker, and the supervisor starts a new one. Our own allocations fail as failures.
 *
 *     int main(int argc, char **argv)
 *     {
 *         memory_guard_libraries();                before anything else */
#ifndef COMMON_BASE_MEMORY_H
#define COMMON_BASE_MEMORY_H

/* Ends the process when OpenSSL has allocated already: it takes no other functions then. */
void memory_guard_libraries(void);

#endif
