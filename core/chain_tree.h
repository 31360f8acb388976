/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What YAML and JSON have in common: lists and maps of texts.  Both are read
 * into this tree, and one function makes a chain of it, so that the two
 * spellings cannot drift apart:
 *
 *   fornix: 1                                 the format, required
 *   seed: 42
 *   input: [a.edf, {path: b.edf, mode: strict}]     or one of them
 *   chain:
 *     - cov                                   a step without settings
 *     - write: scores.tsv                     the word without a name
 *     - band: {range: 8..32Hz, method: iir}
 *     - mel: {_: 32, as: sound}               that word beside others; @sound
 *     - encode: {y: "@sound", lags: [1, 2]}   lists are texts with commas
 *     - evaluate:
 *         chain: [{svm: {c: {try: [0.1, 1, 10]}}}]   or c: try:0.1,1,10
 *     - compare:
 *         pipelines: {mdm: [cov, mdm], ts: [cov, tangent, svm]}   or, where
 *         one has no name,  pipelines: [{name: mdm, chain: [cov, mdm]}, {chain: [..]}]
 */
#ifndef FNX_CORE_CHAIN_TREE_H
#define FNX_CORE_CHAIN_TREE_H

#include "core/chain.h"

typedef enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP } node_kind;

typedef struct node {
  node_kind kind;
  where at;
  char *text;        /* NODE_TEXT: as it stands in the file */
  struct node *item; /* NODE_LIST, NODE_MAP: n of them */
  struct node *key;  /* NODE_MAP: n texts */
  size_t n;
} node;

/* Deepest nesting of a file: a sub-chain takes three levels. */
#define NODE_DEPTH 100

/* A further item, zeroed, and its key in a map; NULL: no memory. */
node *node_add (node *list_or_map);
void node_clear (node *);
/* NULL with `f` filled on failure.  file_name may be NULL. */
chain *chain_from_tree (const node *, const char *file_name, fault *f);

#endif
